import { readdirSync, readFileSync } from 'node:fs'
import { proofs } from '../prove/proofs.ts'

const folder = new URL('../../docs/proofs/', import.meta.url)

interface Kept {
  commit: string
  control: boolean
  seed: number
  startedAt: string
  figure: string
  isClean: boolean
}

/** docs/proofs/README.md, as the proofs and the results that were kept of them say it. */
export function proofsPage(): string {
  const rows = Object.entries(proofs).map(([name, { says }]) => {
    const kept = read(name)
    const control = read(`${name}-control`)
    const figure = kept
      ? `${kept.figure} (${kept.startedAt.slice(0, 10)}, commit ${kept.commit}, seed ${kept.seed})${kept.isClean ? '' : '. **Not as it should be**'}`
      : 'not kept'
    const caught = control ? (control.isClean ? '**not caught**' : 'caught') : 'not kept'
    return `| \`${name}\` | ${says} | ${figure} | ${caught} |`
  })
  return `# Proofs

What was run longer than the tests run it, and what came of it. Each is run again by

\`\`\`
npm run prove NAME -- [--minutes N | --ops N] [--seed S] [--control] [--keep]
\`\`\`

which says what it does and its seed, and ends with one line that holds the figure; with \`--keep\` the result lands here as JSON, with commit,
seed and counts. The machine of these: 2 cores, 24 GB, Node 24, PostgreSQL 18 embedded; server, database and clients on the same two cores.
With \`--control\` a fault is put in, and must be caught: a proof that finds nothing then proves nothing.

| proof | what | last figure | control |
| --- | --- | --- | --- |
${rows.join('\n')}

${FOUND}`
}

function read(name: string): Kept | undefined {
  if (!readdirSync(folder).includes(`${name}.json`)) return undefined
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Kept
}

const FOUND = `## What they found

A suite that never found anything is not to be trusted. Faults of Sluice's own that these, or the tests that grew out of them, have shown, and how each was mended:

| found by | fault | mended by |
| --- | --- | --- |
| \`workers\`, failpoints | what a worker had held when it died before it had written down the hold stayed held until the hold expired | a tracker looks for its holds by what they are for, which is there in the hold's own commit |
| \`server-kills\` | a connection of the queue that broke while workers stopped ended the process | its errors are heard until it is closed |
| \`strangers\` | a request without a body was answered 500 by routes that expect one | it is read as an empty one, and what is missing is named |
| \`strangers\` | keys of charges in a batch could be halves of surrogate pairs, which are one and the same key when they are hashed | they are refused |
| \`strangers\` | a member that was changed and removed at the same moment made a deadlock: the removal locked the company against the audit entry of the change; one of them was answered 503 | the company is locked without keeping out rows that refer to it |
| a race of many | limits on webhooks and connectors could be passed by many requests at once | they are counted under a lock |
| \`tests/faults/database.test.ts\` | a database that is read-only for a while was answered 500, as if Sluice were broken | 503 with \`Retry-After\` |
| the fault matrix, line 25 | a call that a tracker gave up on after five tries was told nowhere | it is listed with its reason, counted on the tracker, and tried again by a backfill |
| \`tests/journeys/estimate.test.ts\` | a dry run of a backfill that carried an \`Idempotency-Key\` was kept as a backfill, and would have been run and charged | what it costs is planned without writing anything |
| the fault matrix, line 24 | a process that was held still, its connections standing, kept its trackers and jobs for as long as it was: they stood still without a word | a session in which nothing is said for a minute ends, and what it had locked is free |
| the first journey of them | without a network the page waited without a word | its requests fail, and it says of when it shows what it shows |
| \`npm run bench reads\` | the newest charges of one instance were found by walking the whole ledger: 9 times slower at a million charges | the days of its use are looked up in the roll-up first |
`
