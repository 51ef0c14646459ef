import { isGongPath } from '../gong/errors.ts'
import { type ProblemCode, problems } from '../kit/problem.ts'

/** The parts of an OpenAPI document that are touched here. */
export interface OpenDocument {
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, unknown> }
}

interface Operation {
  operationId?: string
  description?: string
  security?: unknown[]
  parameters?: unknown[]
  responses?: Record<string, OpenResponse>
  'x-access'?: string
  'x-key'?: string
}

interface OpenResponse {
  description: string
  content?: Record<string, unknown>
}

const DONE: Record<string, string> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted; it goes on in the background.',
  204: 'Done; there is nothing to say.',
}

/**
 * Completes the document with what routes say by their configuration rather than by their schema: who may
 * call, keys, names of operations, what each status means; and leaves out shapes that nothing refers to.
 */
export function finishDocument(document: OpenDocument): OpenDocument {
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods)) finish(method, path, operation)
  }
  const schemas = document.components?.schemas ?? {}
  openEnds(document, schemas)
  for (let before = -1; before !== Object.keys(schemas).length; ) {
    before = Object.keys(schemas).length
    const text = JSON.stringify(document)
    for (const name of Object.keys(schemas)) {
      if (!text.includes(`"#/components/schemas/${name}"`)) delete schemas[name]
    }
  }
  // They come in the order in which modules were loaded, which is nobody's business.
  for (const name of Object.keys(schemas).sort()) {
    const schema = schemas[name]
    delete schemas[name]
    schemas[name] = schema
  }
  return document
}

/** `z.json()` refers to itself by a name that is nowhere: it is any JSON, and is written so. */
function openEnds<Part>(part: Part, schemas: Record<string, unknown>): Part {
  if (part === null || typeof part !== 'object') return part
  const { $ref: ref } = part as { $ref?: unknown }
  const name = typeof ref === 'string' ? ref.slice('#/components/schemas/'.length) : undefined
  if (name !== undefined && !Object.hasOwn(schemas, name)) {
    return { description: 'Any JSON.' } as Part
  }
  for (const [key, inner] of Object.entries(part)) {
    Object.assign(part, { [key]: openEnds(inner, schemas) })
  }
  return part
}

function finish(method: string, path: string, operation: Operation): void {
  const { 'x-access': access = 'public', 'x-key': key = 'optional' } = operation
  delete operation['x-access']
  delete operation['x-key']
  operation.operationId ??= operationId(method, path)
  if (isGongPath(path)) operation.security = [{ key: [] }, { basic: [] }]
  if (access === 'public') operation.security = []
  else {
    const who =
      access === 'operator' ? "Needs the operator's key." : `Needs the scope \`${access}\`.`
    operation.description = [operation.description, who].filter(Boolean).join('\n\n')
  }
  if (method === 'post' && key !== 'none') {
    operation.parameters = [...(operation.parameters ?? []), keyParameter(key === 'required')]
  }
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    finishResponse(Number(status), response, isGongPath(path))
  }
}

/** `post /v1/teams/{id}/features` is `postTeamsByIdFeatures`. */
function operationId(method: string, path: string): string {
  const words = path
    .replace(/^\/v1\//, '')
    .replace(/\{(\w+)\}/g, 'by-$1')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

function keyParameter(required: boolean) {
  return {
    in: 'header',
    name: 'Idempotency-Key',
    required,
    description: 'The same key with the same request has one effect and gets the first answer.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  }
}

function finishResponse(status: number, response: OpenResponse, isGong: boolean): void {
  if (response.description === 'Default Response') {
    response.description = DONE[status] ?? meaningOf(status)
  }
  const { content } = response
  if (status >= 400 && !isGong && content?.['application/json']) {
    response.content = { 'application/problem+json': content['application/json'] }
  }
}

function meaningOf(status: number): string {
  const codes = (Object.keys(problems) as ProblemCode[]).filter(
    (code) => problems[code].status === status,
  )
  return codes.map((code) => `\`${code}\`: ${problems[code].title}`).join(' ') || 'A refusal.'
}
