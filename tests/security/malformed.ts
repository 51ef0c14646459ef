import type { FastifyInstance } from 'fastify'
import {
  type Parameter,
  type Path,
  placesIn,
  type Route,
  type Schema,
  sampleOf,
} from '../kit/openapi.ts'
import type { Ids } from '../kit/rich-company.ts'
import { pathOf } from './ids.ts'
import { formFault, type Shot, shoot } from './stranger.ts'

/** One thing wrong with one request. */
export interface Malformed {
  route: Route
  /** Where and what, for whoever reads a finding. */
  what: string
  shot: Shot
  /** Whether the published schema forbids it, so that it must be refused. */
  mustFail: boolean
}

const LONG = 'x'.repeat(1_000_000)
const BIDI = '\u202e\u2066\ufeff\u0085'

/** Values that no schema but the widest takes, by what is wrong with them. */
const bad: [string, unknown][] = [
  ['null', null],
  ['an empty text', ''],
  ['a text', 'nonsense'],
  ['NUL', 'a\0b'],
  ['half a surrogate pair', 'a\ud800b'],
  ['the other half', '\udc00'],
  ['invisible signs', BIDI],
  ['a number as text', '12'],
  ['zero', 0],
  ['a negative number', -1],
  ['minus zero', -0],
  ['too many decimals', 0.123456789],
  ['a tiny number', 5e-324],
  ['a huge number', 1e308],
  ['above exact integers', 2 ** 53 + 2],
  ['NaN as text', 'NaN'],
  ['Infinity as text', 'Infinity'],
  ['true', true],
  ['an empty list', []],
  ['an empty object', {}],
  ['a list of lists', [[['x']]]],
  ['a nested object', { a: { b: { c: 1 } } }],
  [
    'prototype keys',
    JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}'),
  ],
  ['a bad date', '2026-02-30T25:61:00Z'],
  ['a date without a zone', '2026-01-01T00:00:00'],
  ['a far date', '+275760-09-13T00:00:00Z'],
  ['a year before Christ', '-000001-01-01T00:00:00Z'],
  ['SQL', "'; drop table company; --"],
  ['markup', '<script>alert(1)</script>'],
  ['line breaks', 'a\r\nSet-Cookie: x=1'],
  ['a path', '../../../../etc/passwd'],
  ['a formula', '=cmd|calc!A1'],
  ['a template', '{{7*7}}<%= 7*7 %>'],
]

/** Values that are large, fewer of which are sent. */
const large: [string, () => unknown][] = [
  ['a million characters', () => LONG],
  ['ten thousand elements', () => Array.from({ length: 10_001 }, () => 'x')],
  ['a deep list', () => deep(1_000)],
]

/** Bodies that are no JSON, or are more than one reading of it. */
const bodies: [string, string | Buffer, Record<string, string>][] = [
  ['no JSON', '{"a":', {}],
  ['a bare word', 'nonsense', {}],
  ['nothing but spaces', '   ', {}],
  ['two values', '{}{}', {}],
  ['a comment', '{/**/}', {}],
  ['single quotes', "{'a':1}", {}],
  ['NaN', '{"credits":NaN}', {}],
  ['a number beyond all', '{"credits":1e400}', {}],
  ['prototype keys', '{"__proto__":{"admin":true}}', {}],
  ['constructor keys', '{"constructor":{"prototype":{"admin":true}}}', {}],
  ['depth', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, {}],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), {}],
  [
    'UTF-16',
    Buffer.from('{"name":"x"}', 'utf16le'),
    { 'content-type': 'application/json; charset=utf-16le' },
  ],
  ['a byte order mark', '\ufeff{}', {}],
  ['a list', '[]', {}],
  ['null', 'null', {}],
  ['a number', '1', {}],
  ['a text', '"x"', {}],
  ['a form', 'a=1&b=2', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['a multipart form', '--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
  ['plain text', '{}', { 'content-type': 'text/plain' }],
  ['XML', '<a/>', { 'content-type': 'application/xml' }],
  ['no type at all', '{}', { 'content-type': '' }],
  ['a type that is none', '{}', { 'content-type': 'application/json/json;;' }],
  [
    'compressed',
    Buffer.from('H4sIAAAAAAAAA6tWSlSyMqwFAIAsHVoHAAAA', 'base64'),
    { 'content-encoding': 'gzip' },
  ],
]

/** What an address can hold that is no value. */
const searches: [string, string][] = [
  ['a broken escape', 'limit=%zz'],
  ['half an escape', 'cursor=%'],
  ['bytes that are no UTF-8', 'cursor=%ff%fe'],
  ['an unknown name', 'surprise=1'],
  ['prototype names', '__proto__[x]=1&constructor=1'],
  ['a thousand names', Array.from({ length: 1_000 }, (_, i) => `a${i}=1`).join('&')],
  ['a long value', `cursor=${'x'.repeat(10_000)}`],
]

/** Everything wrong that can be said at every place of every route. */
export function* malformed(routes: readonly Route[], own: Ids): Generator<Malformed> {
  for (const route of routes) {
    if (route.method === 'HEAD' || !route.isPublished) continue
    const path = route.access === 'public' ? {} : pathOf(route, own)
    const query = Object.fromEntries(
      route.parameters
        .filter(({ in: where, required }) => where === 'query' && required)
        .map(({ name, schema }) => [name, String(sampleOf(schema))]),
    )
    const body = route.body && sampleOf(route.body)
    const fit: Shot = { path, query, ...(body === undefined ? {} : { body }) }
    for (const parameter of route.parameters) yield* atParameter(route, parameter, fit)
    for (const place of route.body ? placesIn(route.body) : []) yield* atPlace(route, place, fit)
    for (const [what, search] of searches) {
      yield {
        route: { ...route, url: `${route.url}?${search}` },
        what,
        shot: { ...fit, query: {} },
        mustFail: false,
      }
    }
    if (!route.body) continue
    for (const [what, raw, headers] of bodies) {
      yield { route, what: `the body is ${what}`, shot: { ...fit, raw, headers }, mustFail: false }
    }
    for (const key of ['', 'x'.repeat(256), 'a\u0001b', '\u00e9']) {
      yield {
        route,
        what: `the key ${JSON.stringify(key.slice(0, 9))}`,
        shot: { ...fit, headers: { 'idempotency-key': key } },
        mustFail: false,
      }
    }
  }
}

function* atParameter(
  route: Route,
  { in: where, name, schema, required }: Parameter,
  fit: Shot,
): Generator<Malformed> {
  const with_ = (value: string | string[]): Shot =>
    where === 'path'
      ? { ...fit, path: { ...fit.path, [name]: String(value) } }
      : { ...fit, query: { ...fit.query, [name]: value } }
  const at = `${where} ${name}`
  for (const [what, value] of bad) {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    // A lone surrogate cannot be written in an address.
    yield {
      route,
      what: `${at} is ${what}`,
      shot: with_(text.toWellFormed()),
      mustFail: forbids(schema, text, true),
    }
  }
  yield {
    route,
    what: `${at} is long`,
    shot: with_('x'.repeat(5_000)),
    mustFail: where === 'query' && (schema.maxLength ?? 1e9) < 5_000,
  }
  if (where !== 'query') return
  yield {
    route,
    what: `${at} comes twice`,
    shot: with_(['1', '2']),
    mustFail: schema.type === 'string',
  }
  if (required)
    yield { route, what: `${at} is missing`, shot: { ...fit, query: {} }, mustFail: true }
  if (name === 'cursor')
    for (const cursor of cursors)
      yield { route, what: `${at} is ${cursor}`, shot: with_(cursor), mustFail: false }
}

const cursors = [
  'W10', // []
  'WzFd', // [1]
  Buffer.from('["2026-01-01T00:00:00.000Z"]').toString('base64url'),
  Buffer.from('["2026-99-99T00:00:00.000Z","x"]').toString('base64url'),
  Buffer.from('["999999999999999999999999"]').toString('base64url'),
  Buffer.from('["-1"]').toString('base64url'),
  Buffer.from('["a\\u0000b"]').toString('base64url'),
  Buffer.from('{"__proto__":1}').toString('base64url'),
  Buffer.from('[[[[]]]]').toString('base64url'),
  "x' or 1=1",
]

function* atPlace(
  route: Route,
  { path, schema }: { path: Path; schema: Schema },
  fit: Shot,
): Generator<Malformed> {
  const at = `body ${path.join('.') || '(whole)'}`
  const put = (value: unknown): Shot => ({
    ...fit,
    body: sampleOf(route.body!, undefined, path, { value }),
  })
  for (const [what, value] of bad) {
    // Inside one branch of several the value may fit another.
    const isSure = !path.some((step) => typeof step === 'number') && path.at(-1) !== '{}'
    yield {
      route,
      what: `${at} is ${what}`,
      shot: put(value),
      mustFail: isSure && forbids(schema, value, false),
    }
  }
  for (const [what, value] of large) {
    yield { route, what: `${at} is ${what}`, shot: put(value()), mustFail: false }
  }
  if (schema.type === 'object' && schema.additionalProperties === false) {
    const sample = sampleOf(schema) as object
    for (const name of ['surprise', 'companyId', 'company_id', 'role', '__proto__']) {
      if (schema.properties?.[name]) continue
      const more = JSON.parse(
        JSON.stringify(sample).replace(
          /}$/,
          `${Object.keys(sample).length ? ',' : ''}"${name}":"x"}`,
        ),
      )
      yield {
        route,
        what: `${at} has ${name} too`,
        shot: put(more),
        mustFail: name !== '__proto__' && !path.some((step) => typeof step === 'number'),
      }
    }
    for (const name of schema.required ?? []) {
      const { [name]: _, ...less } = sample as Record<string, unknown>
      yield {
        route,
        what: `${at} lacks ${name}`,
        shot: put(less),
        mustFail: !path.some((step) => typeof step === 'number'),
      }
    }
  }
}

/** Whether a schema says no to a value, by its type alone: what texts must be like is judged by the server. */
function forbids(schema: Schema, value: unknown, isText: boolean): boolean {
  if (schema.anyOf || schema.oneOf || schema.type === undefined) return false
  if (schema.enum) return !schema.enum.some((one) => String(one) === String(value))
  const types = [schema.type].flat()
  if (isText) {
    if (types.includes('integer'))
      return !/^-?\d*$/.test(String(value).trim()) && !Number.isInteger(Number(value))
    return typeof value === 'string' && /[\0]/.test(value)
  }
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  if (type === 'number') {
    const fits = types.includes('number') || (types.includes('integer') && Number.isInteger(value))
    return !fits || (schema.minimum !== undefined && (value as number) < schema.minimum)
  }
  if (type === 'string' && types.includes('string'))
    return /\0|[\ud800-\udfff]/.test(value as string) && !(value as string).isWellFormed()
  return !types.includes(type)
}

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = [value]
  return value
}

export interface Outcome {
  requests: number
  refused: number
  findings: string[]
}

/** So many of them, other ones with another seed; those that take long are rare. */
export function chosenOf(all: readonly Malformed[], ops: number, seed: number): Malformed[] {
  const random = seeded(seed)
  const ranked = all.map((attempt) => ({ attempt, rank: random() }))
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, ops)
    .map(({ attempt }) => attempt)
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Sends them, some at once, and says what is wrong with the answers. */
export async function send(
  app: FastifyInstance,
  attempts: Iterable<Malformed>,
  headersOf: (route: Route) => Record<string, string>,
): Promise<Outcome> {
  const outcome: Outcome = { requests: 0, refused: 0, findings: [] }
  const next = attempts[Symbol.iterator]()
  const worker = async () => {
    for (let { value, done } = next.next(); !done; { value, done } = next.next()) {
      const { route, what, shot, mustFail } = value as Malformed
      const headers = {
        'idempotency-key': crypto.randomUUID(),
        ...headersOf(route),
        ...shot.headers,
      }
      const hit = await shoot(app, route, { ...shot, headers })
      outcome.requests += 1
      if (hit.status >= 400) outcome.refused += 1
      const fault =
        formFault(route, hit) ??
        (mustFail && hit.status < 400 ? `is taken: ${hit.status}` : undefined)
      if (fault)
        outcome.findings.push(`${route.method} ${route.url.slice(0, 80)}: ${what}: ${fault}`)
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
  return outcome
}
