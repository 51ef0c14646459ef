import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  to: string[]
  raw: string
  parsed: ParsedMail
}

/** A real mail server on the loopback, which can be told to misbehave. */
export interface TestMailServer {
  url: string
  port: number
  received: ReceivedMail[]
  /** Connections broken after a mail had been taken, whose sender cannot know that it was. */
  broken: number
  /** What it does with the next mails: takes them, or the listed misbehaviour, once each. */
  next: ('break after DATA' | '550 recipient' | '554 data' | '451 later')[]
  close(): Promise<void>
}

export async function mailServer(port = 0): Promise<TestMailServer> {
  const received: ReceivedMail[] = []
  const next: TestMailServer['next'] = []
  const refusal = (responseCode: number) => Object.assign(new Error('no'), { responseCode })
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo(_address, _session, done) {
      if (next[0] !== '550 recipient') return done()
      next.shift()
      done(refusal(550))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const how = next.shift()
        if (how === '554 data' || how === '451 later') return done(refusal(Number(how.slice(0, 3))))
        const raw = Buffer.concat(chunks).toString()
        const to = session.envelope.rcptTo.map(({ address }) => address)
        void simpleParser(raw).then((parsed) => {
          received.push({ to, raw, parsed })
          if (how === 'break after DATA') {
            kit.broken += 1
            for (const connection of server.connections) {
              if (connection.id === session.id) connection._socket.destroy()
            }
          } else done()
        })
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', () => listening()))
  const bound = (server.server.address() as AddressInfo).port
  const kit: TestMailServer = {
    ...{ url: `smtp://127.0.0.1:${bound}`, port: bound, received, next, broken: 0 },
    close: () => new Promise((closed) => server.close(() => closed())),
  }
  return kit
}
