import type { Posts } from './post-load.ts'

// Sends POSTs with autocannon and prints what it saw; used where wrk is not installed.

const { posts, connections, seconds, unique } = JSON.parse(process.argv[2]!) as {
  posts: Posts
  connections: number
  seconds: number
  unique: string
}
const { url, headers, body, parts } = posts
// It has no types.
const { default: autocannon } = await import('autocannon' as string)
let [n, i] = [0, 0]
const numbered = (text: string, name: string, at: number) =>
  text.replaceAll(`{${name}}`, `${unique}${at}`)

function setupRequest(request: object): object {
  n++
  const its = Object.entries(headers).map(([name, value]) => [name, numbered(value, 'n', n)])
  const all = parts && Array.from({ length: parts.count }, () => numbered(body, 'i', ++i))
  return {
    ...request,
    method: 'POST',
    headers: Object.fromEntries(its) as Record<string, string>,
    body: all ? `${parts.before}${all.join(',')}${parts.after}` : numbered(body, 'n', n),
  }
}

const result = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: [{ setupRequest }],
})
if (result.non2xx > 0) throw new Error(`${result.non2xx} requests to ${url} were refused`)
const done = result.requests.total
const { p50, p99 } = result.latency
console.log(JSON.stringify({ perSecond: done / result.duration, done, seconds, p50, p99 }))
