/**
 * Imports files and folders over HTTP:
 *
 *   npm run import -- <files or folders…> [--url http://127.0.0.1:4747] [--key …] [--history] [--dry-run]
 *     [--kind account|contact|deal|lead] [--format deepgram|assemblyai|whisper] [--company 'Name, Name'] [--state FILE]
 *
 * Reads .eml, maildir folders, .mbox, .vtt, .srt, .json (Deepgram, AssemblyAI, Whisper), .ndjson and .csv.
 * The key may also be in SLUICE_KEY, the address in SLUICE_URL. Sending things again changes nothing, so a
 * run that broke off may be started anew; with --state it goes on behind the files that are in.
 *
 * Ends with 0 when everything is in, 1 when something was rejected (each told as file:line: reason),
 * 2 when it could not go on.
 */
import { parseArgs } from 'node:util'
import { bodiesOf, type ImportBody } from './import/bodies.ts'
import { CannotGoOn, Refused, sendBody } from './import/client.ts'
import { filesUnder, importOrder, type SourceFile, type Unread } from './import/files.ts'
import { openReport } from './import/report.ts'
import { openState } from './import/state.ts'

const USAGE =
  'npm run import -- <files or folders…> [--url URL] [--key KEY] [--history] [--dry-run] [--kind account|contact|deal|lead] [--format deepgram|assemblyai|whisper] [--company NAMES] [--state FILE]'

process.on('SIGINT', () => process.exit(130))
// Whoever stops reading what is told (`… | head`) ends it.
process.stdout.on('error', () => process.exit(2))
process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  if (!(error instanceof CannotGoOn)) throw error
  console.error(`The import ends: ${error.message}`)
  return 2
})

async function main(args: string[]): Promise<number> {
  const { values, positionals } = readArgs(args)
  const { url, key, history = false, 'dry-run': dryRun = false } = values
  if (!key) throw new CannotGoOn('a key is needed: --key or SLUICE_KEY')
  if (positionals.length === 0) throw new CannotGoOn(`nothing is named to import.\n${USAGE}`)

  const state = await openState(dryRun ? undefined : values.state)
  const files: SourceFile[] = []
  const unread: Unread[] = []
  for await (const found of filesUnder(positionals)) {
    if ('reason' in found) unread.push(found)
    else if (!state.isDone(found)) files.push(found)
  }
  files.sort(importOrder)

  const report = openReport(files.reduce((sum, { bytes }) => sum + bytes, 0))
  const tell = ({ path, reason, isAsked }: Unread) =>
    isAsked ? report.rejected(path, undefined, reason) : report.skipped(path, reason)
  for (const one of unread) tell(one)
  const options = {
    ...{ url: url.replace(/\/+$/, ''), key, onProgress: report.running },
    query: { history: String(history), dryRun: String(dryRun) },
  }
  for await (const body of bodiesOf(files, values)) {
    if ('reason' in body) {
      tell(body)
      continue
    }
    if (await send(body)) await state.done(body.files)
    report.sent(body.files.reduce((sum, { bytes }) => sum + bytes, 0))
  }
  return report.end(dryRun) ? 1 : 0

  async function send(body: ImportBody): Promise<boolean> {
    try {
      const outcome = await sendBody(options, body)
      for (const { line, error } of outcome.rejected) {
        const place = body.placeOf(line)
        report.rejected(place.path, place.line, error)
      }
      report.taken(outcome)
      return true
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      for (const { path } of body.files) report.rejected(path, undefined, error.message)
      return false
    }
  }
}

function readArgs(args: string[]) {
  const { SLUICE_URL = 'http://127.0.0.1:4747', SLUICE_KEY } = process.env
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        url: { type: 'string', default: SLUICE_URL },
        key: { type: 'string', default: SLUICE_KEY ?? '' },
        history: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        kind: { type: 'string' },
        format: { type: 'string' },
        company: { type: 'string' },
        state: { type: 'string' },
      },
    })
  } catch (error) {
    throw new CannotGoOn(`${(error as Error).message}\n${USAGE}`)
  }
}
