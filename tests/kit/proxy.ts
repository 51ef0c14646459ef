import net from 'node:net'

/** What the proxy does to those who speak through it; change it at any time. */
export interface Trouble {
  /** Of a hundred commits, so many whose answer never arrives although they took place. */
  loseCommitReply: number
  /** Of a thousand messages to the server, so many on which the connection is cut before they get there. */
  cut: number
  /** Milliseconds that each answer takes longer. */
  latencyMs: number
  /** Nothing passes and nobody is told. */
  blackHole: boolean
  /** New connections are refused. */
  down: boolean
}

export interface Proxy {
  port: number
  trouble: Trouble
  /** Commits that took place and whose answer was kept back. */
  lost: number
  cuts: number
  close(): Promise<void>
}

const READY = Buffer.from([0x5a, 0, 0, 0, 5])
/** `commit` as a prepared statement's name in a Bind, or as a simple or parsed text. */
const COMMITS = [Buffer.from('\0commit\0'), Buffer.from('commit\0')]

/** Stands between a program and PostgreSQL, and makes trouble. */
export async function openProxy(
  to: { host: string; port: number },
  random: () => number,
): Promise<Proxy> {
  const trouble: Trouble = {
    loseCommitReply: 0,
    cut: 0,
    latencyMs: 0,
    blackHole: false,
    down: false,
  }
  const sockets = new Set<net.Socket>()
  const proxy: Proxy = {
    ...{ port: 0, trouble, lost: 0, cuts: 0 },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  const server = net.createServer((client) => {
    if (trouble.down) return void client.destroy()
    const upstream = net.connect(to)
    let isDropping = false
    const cut = () => {
      client.resetAndDestroy()
      upstream.destroy()
    }
    client.on('data', (chunk) => {
      if (trouble.blackHole) return
      if (random() * 1000 < trouble.cut) {
        proxy.cuts += 1
        return cut()
      }
      const isCommit = COMMITS.some((text) => chunk.includes(text))
      if (isCommit && random() * 100 < trouble.loseCommitReply) isDropping = true
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (trouble.blackHole) return
      if (isDropping) {
        // Ready for the next query: the commit has returned, and this was its answer.
        if (!chunk.includes(READY)) return
        proxy.lost += 1
        return cut()
      }
      if (trouble.latencyMs > 0) setTimeout(() => client.write(chunk), trouble.latencyMs)
      else client.write(chunk)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        if (trouble.blackHole) return
        client.destroy()
        upstream.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy.port = (server.address() as net.AddressInfo).port
  return proxy
}
