import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callLine, emailLine } from '../scripts/convert-data.ts'
import { IMAP_PASSWORD, IMAP_USER, imapServer } from '../tests/kit/imap-server.ts'
import { startServer } from './kit/server.ts'

interface Door {
  name: string
  run: () => Promise<{ accepted: number; rejected: number; told: string[] }>
}

/**
 * Brings the real calls and emails of a folder in by each door of a whole server, a company for each: the
 * API by the file, the command line, and a mailbox that is followed. Says what came in, and in what time.
 */
export async function importByEachDoor(databaseUrl: string, data: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'sluice-bench-doors-'))
  // The mailbox is on this machine.
  process.env.SLUICE_OUTBOUND_PRIVATE = '1'
  const server = await startServer(databaseUrl)
  try {
    const ndjson = join(work, 'all.ndjson')
    await writeFile(ndjson, await linesOf(data))
    const eml = join(data, 'eml')
    const names = await readdir(eml)
    const mbox = join(data, 'sample.mbox')
    const doors: Door[] = [
      { name: 'API, calls and emails as ndjson', run: () => api('application/x-ndjson', [ndjson]) },
      { name: 'API, mbox', run: () => api('application/mbox', [mbox]) },
      {
        name: 'API, .eml one by one',
        run: () =>
          api(
            'message/rfc822',
            names.map((name) => join(eml, name)),
          ),
      },
      { name: 'CLI, the folder of .eml and the mbox', run: () => cli([eml, mbox]) },
      { name: 'CLI, ndjson', run: () => cli([ndjson]) },
      { name: 'IMAP, the folder of .eml', run: () => imap(names.map((name) => join(eml, name))) },
    ]
    for (const { name, run } of doors) {
      const begun = performance.now()
      const { accepted, rejected, told } = await run()
      const seconds = ((performance.now() - begun) / 1000).toFixed(1)
      console.log(`${name}: ${accepted} taken, ${rejected} rejected, ${seconds} s`)
      for (const line of told.slice(0, 10)) console.log(`  ${line}`)
    }
  } finally {
    await server.stop()
    await rm(work, { recursive: true, force: true })
  }

  async function api(type: string, files: readonly string[]) {
    const { key } = await server.newCompany()
    const total = { accepted: 0, rejected: 0, told: [] as string[] }
    for (const file of files) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': type }
      const body = await readFile(file)
      const sent = { method: 'POST', headers, body }
      let one = await answerOf(await fetch(`${server.address}/v1/import?history=true`, sent))
      while (one.status === 'running') {
        await new Promise((resolve) => setTimeout(resolve, 100))
        one = await answerOf(await fetch(`${server.address}/v1/imports/${one.id}`, { headers }))
      }
      total.accepted += one.accepted
      total.rejected += one.rejectedCount
      total.told.push(...one.rejected.map(({ line, error }) => `${file}:${line}: ${error}`))
    }
    return total
  }

  async function cli(paths: readonly string[]) {
    const { key } = await server.newCompany()
    const script = join(import.meta.dirname, '../scripts/import.ts')
    const args = [script, ...paths, '--history', '--url', server.address, '--key', key]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    child.stdout.on('data', (piece) => {
      text += piece
    })
    await once(child, 'close')
    const lines = text.trim().split('\n')
    const figures = /^([\d,]+) taken · ([\d,]+) rejected/.exec(lines.at(-1) ?? '')
    const [accepted = 0, rejected = 0] = (figures ?? [])
      .slice(1)
      .map((figure) => Number(figure.replaceAll(',', '')))
    return { accepted, rejected, told: lines.slice(0, -1) }
  }

  async function imap(files: readonly string[]) {
    const { key } = await server.newCompany()
    const raws = await Promise.all(files.map((file) => readFile(file, 'latin1')))
    const mails = await imapServer(raws)
    try {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const asked = {
        ...{ host: '127.0.0.1', port: mails.port, tls: 'none' },
        ...{ user: IMAP_USER, password: IMAP_PASSWORD },
      }
      const sent = { method: 'POST', headers, body: JSON.stringify(asked) }
      const made = (await (await fetch(`${server.address}/v1/mailboxes`, sent)).json()) as Followed
      let one = made
      while (one.status === 'waiting') {
        await new Promise((resolve) => setTimeout(resolve, 100))
        const response = await fetch(`${server.address}/v1/mailboxes/${made.id}`, { headers })
        one = (await response.json()) as Followed
      }
      const told = one.rejected.map(({ uid, error }) => `uid ${uid}: ${error}`)
      if (one.error) told.push(one.error)
      return { accepted: one.imported, rejected: one.rejectedCount, told }
    } finally {
      await mails.close()
    }
  }
}

interface Imported {
  id: string
  status: string
  accepted: number
  rejectedCount: number
  rejected: { line: number; error: string }[]
}

interface Followed {
  id: string
  status: string
  error: string | null
  imported: number
  rejectedCount: number
  rejected: { uid: number; error: string }[]
}

async function answerOf(response: Response): Promise<Imported> {
  if (!response.ok) throw new Error(`an import is refused: ${await response.text()}`)
  return (await response.json()) as Imported
}

async function linesOf(data: string): Promise<string> {
  const rowsOf = async (name: string) =>
    (await readFile(join(data, name), 'utf8'))
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row))
  const rows = [
    ...(await rowsOf('calls.jsonl')).map(callLine),
    ...(await rowsOf('emails.jsonl')).flatMap((row) => emailLine(row) ?? []),
  ]
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}
