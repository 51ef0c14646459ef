import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Run } from './load.ts'

/** POSTs to send over and over; `{n}` in it becomes a new number in every request, `{i}` one in each part. */
export interface Posts {
  url: string
  headers: Record<string, string>
  /** The body; with `parts`, that many of them joined by commas between `before` and `after`. */
  body: string
  parts?: { count: number; before: string; after: string }
}

/** Something that sends requests as fast as they are answered, in a process of its own. */
export interface Generator {
  name: string
  run(posts: Posts, connections: number, seconds: number): Promise<Run>
}

const run = promisify(execFile)

/** wrk where it is installed, since autocannon needs most of a core for itself. */
export async function chooseGenerator(): Promise<Generator> {
  const hasWrk = await run('which', ['wrk']).then(
    () => true,
    () => false,
  )
  return hasWrk ? { name: 'wrk', run: runWrk } : { name: 'autocannon', run: runAutocannon }
}

let runs = 0

async function runWrk(posts: Posts, connections: number, seconds: number): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-wrk-'))
  try {
    const script = join(folder, 'post.lua')
    await writeFile(script, luaOf(posts, `${process.pid}-${runs++}-`))
    const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script]
    const { stdout } = await run('wrk', [...flags, posts.url])
    const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)
    if (failed) throw new Error(`${failed[1]} requests to ${posts.url} were refused`)
    const of = (pattern: RegExp) => pattern.exec(stdout)?.[1] ?? ''
    const perSecond = Number(of(/Requests\/sec:\s+([\d.]+)/))
    const done = Number(of(/(\d+) requests in/))
    return {
      perSecond,
      done,
      seconds,
      p50: millisOf(of(/50%\s+(\S+)/)),
      p99: millisOf(of(/99%\s+(\S+)/)),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A request of wrk's own language: a key of its own for each. */
function luaOf({ headers, body, parts }: Posts, unique: string): string {
  const quoted = (text: string) => JSON.stringify(text)
  const numbered = (text: string, name: string) =>
    text.split(`{${name}}`).map(quoted).join(` .. "${unique}" .. ${name} .. `)
  const lines = Object.entries(headers).map(
    ([header, value]) => `  headers[${quoted(header)}] = ${numbered(value, 'n')}`,
  )
  const text = parts
    ? `  local all = {}
  for _ = 1, ${parts.count} do i = i + 1; all[#all + 1] = ${numbered(body, 'i')} end
  local body = ${quoted(parts.before)} .. table.concat(all, ",") .. ${quoted(parts.after)}`
    : `  local body = ${numbered(body, 'n')}`
  return `local n, i = 0, 0
local headers = {}
request = function()
  n = n + 1
${lines.join('\n')}
${text}
  return wrk.format("POST", nil, headers, body)
end
`
}

function millisOf(text: string): number {
  const [, figure, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? []
  return Number(figure) * (unit === 's' ? 1_000 : unit === 'us' ? 0.001 : 1)
}

async function runAutocannon(posts: Posts, connections: number, seconds: number): Promise<Run> {
  const file = join(import.meta.dirname, 'autocannon-process.ts')
  const order = JSON.stringify({ posts, connections, seconds, unique: `${process.pid}-${runs++}-` })
  const { stdout } = await run(process.execPath, [file, order])
  return JSON.parse(stdout) as Run
}
