import type { Readable } from 'node:stream'
import { z } from 'zod'
import { invalid } from '../../kit/problem.ts'
import type { App } from '../../platform/app.ts'
import type { Clock } from '../../platform/clock.ts'
import { answers, id, listOf, page } from '../../platform/shapes.ts'
import {
  type ContentFormat,
  contentTypes,
  formatOf,
  ImportOut,
  ImportQuestion,
  Rejected,
} from '../imports.ts'
import { importOut } from '../present.ts'
import { type Importer, listImports, listRejected, readImport } from '../service/imports.ts'

const tags = ['data']

/** A body that is read as it comes. Its parts are private, so that nothing takes it for JSON. */
class Upload {
  readonly #stream: Readable
  readonly #content: ContentFormat
  constructor(stream: Readable, content: ContentFormat) {
    this.#stream = stream
    this.#content = content
  }
  open() {
    return { stream: this.#stream, content: this.#content }
  }
}

/** Calls, emails and everything they are about, by the file. */
export function importRoutes(app: App, house: { clock: Clock; importer: Importer }): void {
  // In a context of its own, for these content types are read raw.
  app.register(async (scope) => {
    const importing = scope as unknown as App
    importing.removeAllContentTypeParsers()
    for (const [type, content] of Object.entries(contentTypes)) {
      importing.addContentTypeParser(type, (_, stream, done) =>
        done(null, new Upload(stream, content)),
      )
    }
    importing.post(
      '/v1/import',
      {
        config: { access: 'data:write', key: 'own', upload: true },
        schema: {
          summary: 'Import calls, emails and what they are about',
          description: `The body is application/x-ndjson (an object a line, with its \`kind\`), message/rfc822,
application/mbox, text/csv (with \`kind\`), or a transcript: text/vtt, application/x-subrip, or application/json (with
\`format\`). Bad lines never stop good ones. Above 10 MB the answer is 202, and GET /v1/imports/{id}
tells how far it is.`,
          tags,
          querystring: ImportQuestion,
          response: answers({ 200: ImportOut, 202: ImportOut }, 409, 413),
        },
      },
      async (request, reply) => {
        const { body, query: asked, idempotencyKey: key } = request
        if (!(body instanceof Upload)) throw invalid('body', 'must be a file of one of the types')
        const { stream, content } = body.open()
        const upload = { stream, format: formatOf(content, asked), asked, key }
        const { taken, replayed } = await house.importer.take(request.db, request.caller, upload)
        if (replayed) reply.header('idempotency-replayed', 'true').header('x-credits-charged', '0')
        return reply.code(taken.status === 'running' ? 202 : 200).send(importOut(taken))
      },
    )
  })
  app.get(
    '/v1/imports',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'List imports, newest first',
        tags,
        querystring: z.strictObject(page),
        response: answers({ 200: listOf(ImportOut) }),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      const { data, nextCursor } = await listImports(deps, request.caller, request.query)
      return { data: data.map(importOut), nextCursor }
    },
  )
  app.get(
    '/v1/imports/:id',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'One import, as far as it came',
        tags,
        params: z.strictObject({ id }),
        response: answers({ 200: ImportOut }),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      return importOut(await readImport(deps, request.caller, request.params.id))
    },
  )
  app.get(
    '/v1/imports/:id/rejected',
    {
      config: { access: 'data:read' },
      schema: {
        summary: 'The lines that an import did not take, in their order',
        tags,
        params: z.strictObject({ id }),
        querystring: z.strictObject(page),
        response: answers({ 200: listOf(Rejected) }),
      },
    },
    async (request) => {
      const deps = { ...house, db: request.db }
      return listRejected(deps, request.caller, request.params.id, request.query)
    },
  )
}
