import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../platform/app.ts'

const BUILT = fileURLToPath(new URL('../../web/dist/', import.meta.url))

/** Where the page has no say: an unknown address there is an answer for programs. */
const PROGRAMS =
  /^\/(v1|v2|mcp|docs|assets|openapi\.json|healthz|readyz|metrics|\.well-known)(\/|$)/

/** Stands in the built page where the nonce of an answer goes. */
const NONCE = '__NONCE__'

/** Answers with the page; false for a request that asks for no page. */
export type SendPage = (request: FastifyRequest, reply: FastifyReply) => boolean

/**
 * Serves the built page from `folder`: its assets, whose names change with their content, for a year; and
 * the page itself at every address that is no program's. Without a built page the API goes on alone.
 */
export async function addPage(app: App, folder = BUILT): Promise<SendPage> {
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined)
  if (page === undefined) return () => false
  await app.register(async (assets) => {
    assets.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    await assets.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/assets/',
      wildcard: false,
      preCompressed: true,
      index: false,
      cacheControl: false,
      setHeaders: (reply) =>
        void reply.header('cache-control', 'public, max-age=31536000, immutable'),
    })
  })
  return ({ method, url, headers }, reply) => {
    if (method !== 'GET' && method !== 'HEAD') return false
    if (PROGRAMS.test(url.split('?', 1)[0]!) || !/text\/html/.test(headers.accept ?? '')) {
      return false
    }
    const nonce = randomBytes(16).toString('base64url')
    reply
      .code(200)
      .header('content-security-policy', policy(nonce))
      .type('text/html; charset=utf-8')
      .serializer((text: string) => text)
      .send(page.replaceAll(NONCE, nonce))
    return true
  }
}

/** Scripts only from here, styles too or with the nonce of this answer, and nothing from elsewhere. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ')
}
