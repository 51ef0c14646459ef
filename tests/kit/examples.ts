import { basename } from 'node:path'
import type { Answer, TestHouse } from './house.ts'

/** One request of an example, as it stands in the file. */
interface Asked {
  /** The text of the file from its `###` line to the end of the request. */
  text: string
  method: string
  path: string
  headers: Record<string, string>
  body: string | undefined
}

const METHODS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'del' } as const
const SHOWN_HEADERS = [
  ...['idempotency-replayed', 'x-credits-charged', 'x-credits-available', 'retry-after'],
]
const WIDTH = 100

/** Everything the server makes up: keys, request ids, the ledger's ids, other ids. */
const MADE_UP =
  /\b(?:(slc)_[0-9a-z]+_[0-9a-z]{60}|(req)_[0-9a-f]{32}|(grt|hld|chg|ent|rfd)_[0-9a-z]{7,}|([a-z]+)_[0-9a-hjkmnp-tv-z]{26})\b|\b(whsec)_[\w+/]{43}=/g

/** The beginning of a key, by which people know it again. */
const KEY_HINT = /("keyHint": ")slc_[0-9a-z]+/g

const WORDS: Record<string, string> = {
  ...{ slc: 'key', req: 'request', grt: 'grant', hld: 'hold', chg: 'charge', ent: 'entry' },
  ...{ rfd: 'refund', co: 'company', int: 'integration', mem: 'member', trk: 'tracker' },
  ...{ bkf: 'backfill', imp: 'import', bud: 'budget', whsec: 'webhook-secret' },
}

/**
 * Plays the requests of an example one after another and gives its transcript: each request as written,
 * then what came back. What the server makes up is shown as `{{grant-1}}`, counted by first appearance,
 * and requests may use these names. A request without Authorization speaks as the last company made.
 */
export async function playExample(house: TestHouse, file: string, text: string): Promise<string> {
  const names = openNames()
  let transcript = ''
  let key: string | undefined
  for (const asked of readExample(basename(file), text)) {
    const fill = (part: string) => names.fill(part)
    const { authorization = key && `Bearer ${key}`, ...headers } = asked.headers
    const client =
      authorization === 'Bearer {{operator}}'
        ? house.operator
        : house.client(authorization && fill(authorization))
    const options = { key: fill(headers['idempotency-key'] ?? '') || null, headers }
    const path = fill(asked.path)
    const body = asked.body === undefined ? undefined : fill(asked.body)
    const send = METHODS[asked.method as keyof typeof METHODS]
    const answer =
      send === 'get'
        ? await client.get(path, {}, options)
        : send === 'del'
          ? await client.del(path, options)
          : await client[send](path, body, options)
    transcript += `${asked.text}\n\n${names.mask(told(answer))}\n\n`
    key = answer.body.apiKey?.key ?? key
  }
  return `${transcript.trimEnd()}\n`
}

function readExample(file: string, text: string): Asked[] {
  const [intro = '', ...sections] = text.trimEnd().split(/^(?=### )/m)
  return sections.map((section, i) => {
    const [title = '', head = '', ...rest] = section.trimEnd().split('\n\n')
    const [line = '', ...headers] = head.split('\n')
    const [, method = '', path = ''] = /^([A-Z]+) (\/\S*)$/.exec(line) ?? []
    if (!Object.hasOwn(METHODS, method)) throw new Error(`${file}: "${title}" asks nothing`)
    return {
      text: `${i === 0 ? intro : ''}${section.trimEnd()}`,
      ...{ method, path },
      headers: Object.fromEntries(
        headers.map((header) => {
          const [name = '', value = ''] = header.split(/: (.*)/s)
          return [name.toLowerCase(), value]
        }),
      ),
      body: rest.length > 0 ? rest.join('\n\n') : undefined,
    }
  })
}

function told({ status, headers, body, text }: Answer): string {
  const type = headers['content-type']?.split(';')[0]
  const shown = SHOWN_HEADERS.filter((name) => headers[name] !== undefined)
  const isJson = type !== undefined && /json$/.test(type)
  return [
    `=> ${status}${type && text ? ` ${type}` : ''}`,
    ...shown.map((name) => `${name}: ${headers[name]}`),
    ...(text === '' ? [] : ['', isJson ? layOut(body) : text.trimEnd()]),
  ].join('\n')
}

/** JSON with as few line breaks as fit the page: short members share a line. */
function layOut(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ')
  if (value === null || typeof value !== 'object' || flat.length + indent.length <= WIDTH) {
    return flat
  }
  const inner = `${indent}  `
  const members = Array.isArray(value)
    ? value.map((one) => layOut(one, inner))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${layOut(one, inner)}`)
  const lines: string[] = []
  for (const member of members) {
    const joined = `${lines.at(-1)}, ${member}`
    const fits = lines.length > 0 && !joined.includes('\n') && !member.startsWith('{')
    if (fits && inner.length + joined.length < WIDTH) lines[lines.length - 1] = joined
    else lines.push(member)
  }
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  return `${open}\n${lines.map((line) => inner + line).join(',\n')}\n${indent}${close}`
}

/** Names for what the server makes up, the same thing always under the same name. */
export function openNames() {
  const byId = new Map<string, string>()
  const byName = new Map<string, string>()
  return {
    mask: (text: string) =>
      text.replace(KEY_HINT, '$1{{hint}}').replace(MADE_UP, (id, ...kinds) => {
        const kind = kinds.slice(0, 5).find((one) => one !== undefined) as string
        const word = WORDS[kind] ?? kind
        let name = byId.get(id)
        for (let no = 1; name === undefined; no += 1) {
          if (!byName.has(`${word}-${no}`)) name = `${word}-${no}`
        }
        byId.set(id, name)
        byName.set(name, id)
        return `{{${name}}}`
      }),
    fill: (text: string) =>
      text.replace(/\{\{([a-z]+-\d+)\}\}/g, (whole, name) => byName.get(name) ?? whole),
  }
}
