import type { FastifyInstance } from 'fastify'
import type { Access } from '../../src/platform/app.ts'

/** The parts of a JSON schema that samples and strangers are made from. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  pattern?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  additionalProperties?: Schema | boolean
  propertyNames?: Schema
}

export interface Parameter {
  in: 'path' | 'query'
  name: string
  required: boolean
  schema: Schema
}

/** One route of the server with what the published document says of it, if it is published. */
export interface Route {
  method: string
  /** As the router has it: `/v1/teams/:id`. */
  url: string
  access: Access | undefined
  parameters: Parameter[]
  body: Schema | undefined
  /** Media types of its bodies. */
  contentTypes: string[]
  isPublished: boolean
}

interface Operation {
  parameters?: (Parameter & { in: string })[]
  requestBody?: { content?: Record<string, { schema?: Schema }> }
}

/** Every route of a server, from its own table; shapes from the document that it publishes. */
export function routesOf(app: FastifyInstance): Route[] {
  const document = app.swagger() as unknown as {
    paths: Record<string, Record<string, Operation>>
    components?: { schemas?: Record<string, Schema> }
  }
  const schemas = document.components?.schemas ?? {}
  return app.routeTable.flatMap((route) =>
    [route.method].flat().map((method): Route => {
      const path = route.url.replace(/:(\w+)/g, '{$1}')
      const operation = document.paths[path]?.[method.toLowerCase()]
      const content = operation?.requestBody?.content ?? {}
      return {
        method,
        url: route.url,
        access: route.config?.access,
        parameters: (operation?.parameters ?? [])
          .filter((one): one is Parameter => one.in === 'path' || one.in === 'query')
          .map((one) => ({ ...one, schema: resolved(one.schema, schemas) })),
        body:
          content['application/json']?.schema &&
          resolved(content['application/json'].schema, schemas),
        contentTypes: Object.keys(content),
        isPublished: operation !== undefined,
      }
    }),
  )
}

/** A schema with its references written out; what refers to itself becomes any JSON. */
function resolved(schema: Schema, schemas: Record<string, Schema>, open: string[] = []): Schema {
  const { $ref: ref } = schema
  if (ref !== undefined) {
    const name = ref.slice('#/components/schemas/'.length)
    const target = schemas[name]
    if (!target || open.includes(name)) return {}
    return resolved(target, schemas, [...open, name])
  }
  const copy = { ...schema }
  const of = (inner: Schema) => resolved(inner, schemas, open)
  if (copy.properties) {
    copy.properties = Object.fromEntries(
      Object.entries(copy.properties).map(([name, inner]) => [name, of(inner)]),
    )
  }
  if (copy.items) copy.items = of(copy.items)
  for (const union of ['anyOf', 'oneOf', 'allOf'] as const) {
    if (copy[union]) copy[union] = copy[union].map(of)
  }
  if (typeof copy.additionalProperties === 'object') {
    copy.additionalProperties = of(copy.additionalProperties)
  }
  return copy
}

/** A way into a schema: names of properties, `[]` for an element, `{}` for any member, a number for a branch. */
export type Path = readonly (string | number)[]

/** Every place in a schema at which a value stands, the outermost included. */
export function* placesIn(
  schema: Schema,
  path: Path = [],
): Generator<{ path: Path; schema: Schema }> {
  yield { path, schema }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    yield* placesIn(inner, [...path, name])
  }
  if (schema.items) yield* placesIn(schema.items, [...path, '[]'])
  if (typeof schema.additionalProperties === 'object' && 'type' in schema.additionalProperties) {
    yield* placesIn(schema.additionalProperties, [...path, '{}'])
  }
  for (const [branch, inner] of branchesOf(schema).entries())
    yield* placesIn(inner, [...path, branch])
}

/** The name under which a place is known: that of the property it belongs to. */
export function nameOf(path: Path): string {
  return String(
    path.findLast((step) => typeof step === 'string' && step !== '[]' && step !== '{}') ?? '',
  )
}

/** Gives the value of a text or number at a place; undefined for whatever fits the schema. */
export type ValueAt = (name: string, schema: Schema, path: Path) => unknown

/** Stands for a value that is to be left out. */
export const absent = Symbol('absent')

/**
 * The smallest value that fits a schema and has the place `include` in it; `put` stands there in place of
 * what would fit.
 */
export function sampleOf(
  schema: Schema,
  valueAt: ValueAt = () => undefined,
  include: Path = [],
  put?: { value: unknown },
  at: Path = [],
): unknown {
  if (put && include.length === 0) return put.value
  const given = valueAt(nameOf(at), schema, at)
  if (given !== undefined && include.length === 0) return given
  const [next, ...rest] = include
  const inside = (inner: Schema, step: string | number) => {
    const isOnWay = step === next
    return sampleOf(inner, valueAt, isOnWay ? rest : [], isOnWay ? put : undefined, [...at, step])
  }
  const branches = branchesOf(schema)
  if (branches.length > 0) {
    const branch = typeof next === 'number' ? next : 0
    return inside(branches[branch]!, branch)
  }
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const type = [schema.type].flat().find((one) => one !== 'null') ?? typeFrom(schema)
  if (type === 'object') {
    const { properties = {}, required = [] } = schema
    const named = Object.entries(properties)
      .filter(([name]) => required.includes(name) || name === next)
      .map(([name, inner]) => [name, inside(inner, name)] as const)
      .filter(([, value]) => value !== absent)
    const { additionalProperties: more } = schema
    const extra =
      next === '{}' && typeof more === 'object' ? [['email', inside(more, '{}')] as const] : []
    return Object.fromEntries([...named, ...extra])
  }
  if (type === 'array') {
    const least = Math.max(schema.minItems ?? 0, next === '[]' ? 1 : 0)
    return Array.from({ length: least }, () => (schema.items ? inside(schema.items, '[]') : null))
  }
  if (type === 'integer' || type === 'number') return Math.max(schema.minimum ?? 1, 1)
  if (type === 'boolean') return false
  if (type === 'null') return null
  return textFor(nameOf(at), schema)
}

function branchesOf(schema: Schema): Schema[] {
  return schema.oneOf ?? schema.anyOf ?? []
}

function typeFrom(schema: Schema): string {
  if (schema.properties || schema.additionalProperties) return 'object'
  return schema.items ? 'array' : 'string'
}

const PLAIN: Record<string, string> = {
  at: '09:00',
  email: 'someone@theirs.test',
  url: 'https://example.com/hook',
  timezone: 'UTC',
  password: 'correct horse battery staple',
  to: '2026-06-30T12:00:00Z',
  expiresAt: '2099-01-01T00:00:00Z',
  domains: 'theirs.test',
  emailDomains: 'theirs.test',
  instanceId: 'own',
}

function textFor(name: string, { format, minLength = 1 }: Schema): string {
  if (format === 'date') return name === 'to' ? '2026-02-01' : '2026-01-01'
  if (PLAIN[name] !== undefined) return PLAIN[name]
  if (format === 'date-time') return '2026-06-01T12:00:00Z'
  if (format === 'email') return PLAIN.email!
  return 'foundation'.padEnd(minLength, 'x')
}
