import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import type { FastifySchema } from 'fastify'
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { App } from '../platform/app.ts'
import { finishDocument, type OpenDocument } from './document-finish.ts'

const DESCRIPTION = `Sluice meters a company's shared pool of AI credits and runs the AI features that spend it.
Amounts are exact numbers of credits with at most six decimals; times are ISO 8601 in UTC; every refusal is
an application/problem+json answer with a code.`

/** The page runs only what this server sends, and asks nobody else for anything. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Publishes the API: `/openapi.json` (OpenAPI 3.1) and the reference page at `/docs`. */
export async function addDocument(app: App): Promise<void> {
  const zodToJsonConfig = { override: tidy }
  const toJsonSchema = createJsonSchemaTransform({ zodToJsonConfig })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sluice', version: '1', description: DESCRIPTION },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: "An integration's key." },
          basic: {
            ...{ type: 'http', scheme: 'basic' },
            description: "On the /v2 doors: an integration's id and its key.",
          },
          session: {
            ...{ type: 'apiKey', in: 'cookie', name: 'sluice' },
            description: 'A signed-in person; `__Host-sluice` over https.',
          },
        },
      },
      security: [{ key: [] }, { session: [] }],
    },
    transform: (document) => {
      const { schema, url } = toJsonSchema(document)
      const { access = 'public', key = 'optional' } = document.route.config ?? {}
      return { schema: { ...schema, 'x-access': access, 'x-key': key } as FastifySchema, url }
    },
    transformObject: createJsonSchemaTransformObject({ zodToJsonConfig }),
  })
  let text: string | undefined
  app.get(
    '/openapi.json',
    { config: { access: 'public' }, schema: { hide: true } },
    async (_request, reply) => {
      text ??= JSON.stringify(finishDocument(app.swagger() as OpenDocument))
      return reply.type('application/json; charset=utf-8').send(text)
    },
  )
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
    })
    docs.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', PAGE_POLICY)
    })
    await docs.register(scalar, {
      routePrefix: '/docs',
      configuration: { url: '/openapi.json', withDefaultFonts: false, telemetry: false },
    })
  })
}

/** Leaves out what says nothing: the bounds of every integer, the pattern of a format. Says that an answer without a body has none. */
function tidy({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType
  jsonSchema: z.core.JSONSchema.BaseSchema
}) {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
  if (zodSchema._zod.def.type === 'undefined') jsonSchema.type = 'null'
}
