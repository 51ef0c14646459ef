/**
 * Makes the data that comes with the project out of a folder of public conversations: the sample in
 * `examples/data/` (in the folder's own shape, for `scripts/convert-data.ts`) and the demo's items in
 * `src/demo/data/` (as lines of an import):
 *
 *   node scripts/excerpt-data.ts <folder>
 *
 * It takes only texts whose licence allows it (see NOTICE) and names nobody: STAR and PriMock57 as they
 * are, and emails built from messages of BANKING77, whose senders, addresses, dates and subjects are
 * made up. What goes where follows from each id's hash, so that the same folder gives the same files.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { callLine, emailLine } from './convert-data.ts'

const SAMPLE_CALLS = 100
const SAMPLE_EMAILS = 300
const DEMO_CONSULTATIONS = 14

/** Invented senders at domains that are kept for examples. */
const people = [
  { name: 'Anna', email: 'anna@brightwater.example' },
  { name: 'Bilal', email: 'bilal@brightwater.example' },
  { name: 'Chiara', email: 'chiara@fjordline.example' },
  { name: 'Dmitri', email: 'dmitri@fjordline.example' },
  { name: 'Eun-ji', email: 'eunji@halcyon.example' },
  { name: 'Femi', email: 'femi@halcyon.example' },
  { name: 'Greta', email: 'greta@larkspur.example' },
  { name: 'Hiro', email: 'hiro@larkspur.example' },
  { name: 'Ines', email: 'ines@northgate.example' },
  { name: 'Jonas', email: 'jonas@northgate.example' },
  { name: 'Kavya', email: 'kavya@oakandash.example' },
  { name: 'Liam', email: 'liam@oakandash.example' },
]

type Call = Parameters<typeof callLine>[0] & { source: string }
type Email = Parameters<typeof emailLine>[0]
interface Sentence {
  id: string
  task: string
  text: string
  label: string
}

const root = join(import.meta.dirname, '..')
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Say which folder holds calls.jsonl and sentences.jsonl.')

const calls = shuffled(read<Call>('calls.jsonl'))
const chats = calls.filter((call) => call.source === 'star')
const consultations = calls
  .filter((call) => call.source === 'primock57')
  .sort((a, b) => a.turns.length - b.turns.length)
const messages = shuffled(read<Sentence>('sentences.jsonl')).filter(
  ({ task }) => task === 'bank_intent',
)

write('examples/data/calls.jsonl', chats.slice(0, SAMPLE_CALLS))
write(
  'examples/data/emails.jsonl',
  messages.slice(0, SAMPLE_EMAILS).map((message) => emailOf([message])),
)
write('src/demo/data/items.ndjson', [
  ...shuffled([...chats.slice(SAMPLE_CALLS), ...consultations.slice(0, DEMO_CONSULTATIONS)])
    .map(callLine)
    .map(({ startedAt: _, ...call }) => call),
  ...pairs(messages.slice(SAMPLE_EMAILS))
    .map((pair) => emailLine(emailOf(pair)))
    .map((email) => ({ ...email, sentAt: undefined })),
])

/** An email of one customer to a bank: real messages, everything around them made up. */
function emailOf(about: Sentence[]): Email {
  const [{ id, label } = { id: '', label: '' }] = about
  const { name, email } = pick(people, id)
  const at = Date.UTC(2026, 0, 5) + (numberOf(id) % (180 * 24 * 60)) * 60_000
  return {
    id: about.map((message) => message.id).join('+'),
    message_id: `<${id}@mail.example>`,
    sent_at: new Date(at).toISOString(),
    from: { name, email },
    to: [{ name: 'Service', email: 'service@tern.example' }],
    cc: [],
    subject: `${label[0]!.toUpperCase()}${label.slice(1).replace(/_+/g, ' ').replace(/\?$/, '')}`,
    body: `Hello,\n\n${about.map(({ text }) => text).join('\n\n')}\n\n${name}`,
  }
}

/** Messages in twos about the same matter; what is left over stays alone. */
function pairs(all: Sentence[]): Sentence[][] {
  const byLabel = Map.groupBy(all, ({ label }) => label)
  const paired = [...byLabel.values()].flatMap((same) =>
    same.flatMap((_, i) => (i % 2 ? [] : [same.slice(i, i + 2)])),
  )
  return paired.sort(([a], [b]) => numberOf(a!.id) - numberOf(b!.id))
}

function read<Row>(file: string): Row[] {
  return readFileSync(join(folder!, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function write(file: string, rows: unknown[]): void {
  const path = join(root, file)
  mkdirSync(join(path, '..'), { recursive: true })
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  writeFileSync(path, text)
  console.log(`${file}: ${rows.length} lines, ${Buffer.byteLength(text)} bytes`)
}

function shuffled<Row extends { id: string }>(rows: Row[]): Row[] {
  return rows.toSorted((a, b) => numberOf(a.id) - numberOf(b.id))
}

function pick<One>(from: readonly One[], id: string): One {
  return from[numberOf(id) % from.length]!
}

function numberOf(id: string): number {
  return createHash('sha256').update(`excerpt:${id}`).digest().readUInt32BE()
}
