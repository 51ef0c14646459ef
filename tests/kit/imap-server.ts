import { createRequire } from 'node:module'
import type { AddressInfo, Server, Socket } from 'node:net'

/** The parts of hoodiecrow-imap that are used; it is plain JavaScript. */
interface Hoodiecrow {
  server: Server
  listen(port: number, host: string, done: () => void): void
  close(done: () => void): void
  appendMessage(folder: string, flags: string[], date: string | false, raw: string): void
  getMailbox(folder: string): Folder
}

interface Folder {
  uidvalidity: number
  uidnext: number
  messages: { uid: number; flags: string[]; raw: string }[]
}

export const IMAP_USER = 'testuser'
export const IMAP_PASSWORD = 'testpass'

/** A real IMAP server on the loopback, whose mail is in memory and which can be broken off. */
export interface TestImapServer {
  port: number
  /** Delivers a message to the inbox. */
  deliver(raw: string): void
  /** Counts anew, as a server does that was restored from a copy. */
  renumber(): void
  /** The flags of every message, to see that none was marked. */
  flags(): string[][]
  /** Ends every connection that is open, as a broken line does. */
  cut(): void
  /** How many connections were made. */
  readonly connections: number
  close(): Promise<void>
}

const open = createRequire(import.meta.url)('hoodiecrow-imap') as (options: object) => Hoodiecrow

export async function imapServer(raws: readonly string[] = []): Promise<TestImapServer> {
  const server = open({
    plugins: ['ID', 'IDLE', 'LITERALPLUS', 'SASL-IR', 'AUTH-PLAIN', 'UNSELECT', 'STARTTLS'],
    storage: { INBOX: { uidvalidity: 7, messages: raws.map((raw) => ({ raw: crlf(raw) })) } },
  })
  const sockets = new Set<Socket>()
  let connections = 0
  server.server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.server.address() as AddressInfo).port,
    deliver: (raw) => server.appendMessage('INBOX', [], false, crlf(raw)),
    renumber() {
      const folder = server.getMailbox('INBOX')
      folder.uidvalidity += 1
      for (const [i, message] of folder.messages.entries()) message.uid = i + 1
      folder.uidnext = folder.messages.length + 1
    },
    flags: () => server.getMailbox('INBOX').messages.map(({ flags }) => flags),
    cut,
    get connections() {
      return connections
    },
    async close() {
      cut()
      await new Promise<void>((closed) => server.server.close(() => closed()))
    },
  }
}

function crlf(raw: string): string {
  return raw.replace(/\r?\n/g, '\r\n')
}
