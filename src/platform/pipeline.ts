import pg from 'pg'
import { textArray } from './arrays.ts'

/** One prepared statement, and who waits for its rows. */
interface Statement {
  name: string
  text: string
  values: unknown[]
  resolve: (answer: Answer) => void
  reject: (error: unknown) => void
}

interface Answer {
  rows: unknown[]
  /** What the server says it did: `COMMIT`, `UPDATE 3`. */
  command: string
}

/** A connection of `pg` whose statements travel together. */
export interface Pipeline {
  /**
   * Runs one statement, prepared once under its name. All that are asked for before anybody waits go in
   * one message and are answered in one; when one of them fails, those behind it are not run.
   */
  run<Row>(name: string, text: string, values?: unknown[]): Promise<Row[]>
  /**
   * Commits, in the same message as the statements that were asked for just before. None of it is sent
   * when `ready` fails without having waited for an answer.
   */
  commit(ready: Promise<unknown>): Promise<void>
  /**
   * Makes all of what was asked for just before stand or fall together: none of it is sent when `ready`
   * fails without having waited for an answer.
   */
  allOrNothing(ready: Promise<unknown>): Promise<void>
}

/** A pipeline on a connection of its own. */
export interface OwnPipeline extends Pipeline {
  /** Ends the transaction without effect; a connection that cannot do that is ended. */
  rollBack(): Promise<void>
  end(): Promise<void>
}

/** Connects a pipeline; `settings` is run first, `onLost` is told once when the connection is gone. */
export async function connectPipeline(
  connection: pg.ClientConfig,
  settings: string,
  onLost: (error: Error | undefined) => void,
): Promise<OwnPipeline> {
  const client = new pg.Client(connection)
  let lost = false
  const lose = (error?: Error) => {
    if (lost) return
    lost = true
    onLost(error)
  }
  client.on('error', lose)
  client.on('end', () => lose())
  try {
    await client.connect()
    await client.query(settings)
  } catch (error) {
    void client.end().catch(() => {})
    throw error
  }
  const end = async () => {
    lose()
    await client.end().catch(() => {})
  }
  return {
    ...openPipeline(client),
    async rollBack() {
      await client.query('rollback').catch(end)
    },
    end,
  }
}

/** `client` must not be in `pg`'s own pipeline mode, and serves nobody else. */
export function openPipeline(client: pg.Client): Pipeline {
  const shapes = new Map<string, Column[]>()
  let asked: Statement[] = []
  let fault: { error: unknown } | undefined

  function send(): void {
    const statements = asked
    const broken = fault
    asked = []
    fault = undefined
    if (broken) for (const { reject } of statements) reject(broken.error)
    else client.query(new Message(statements, shapes, client))
  }

  function ask(name: string, text: string, values: unknown[]): Promise<Answer> {
    // After whatever is under way has asked for all that it can ask for without waiting.
    if (asked.length === 0) process.nextTick(send)
    return new Promise((resolve, reject) => {
      asked.push({ name, text, values, resolve, reject })
    })
  }

  /** Takes back what was asked for when something else could not even be asked for. */
  function guard(ready: Promise<unknown>): void {
    const mine = asked
    ready.catch((error: unknown) => {
      if (mine === asked) fault ??= { error }
    })
  }

  return {
    async run<Row>(name: string, text: string, values: unknown[] = []) {
      return (await ask(name, text, values)).rows as Row[]
    },
    async allOrNothing(ready) {
      guard(ready)
      await ready
    },
    async commit(ready) {
      const ended = ask('commit', 'commit', [])
      guard(ready)
      const { command } = await ended
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back')
    },
  }
}

interface Column {
  name: string
  parse: (text: string) => unknown
}

/** The part of `pg`'s connection that a query of one's own is made with. */
interface Wire {
  stream: { cork(): void; uncork(): void }
  parsedStatements: Record<string, string>
  parse(statement: { name: string; text: string }): void
  bind(bound: { statement: string; values: unknown[] }): void
  describe(portal: { type: 'P'; name: '' }): void
  execute(portal: { portal: ''; rows: 0 }): void
  sync(): void
}

interface Described {
  fields: { name: string; dataTypeID: number }[]
}

/** Several statements with one Sync behind them, as a query that `pg` can submit. */
class Message implements pg.Submittable {
  /** `pg` puts its time limit around this. */
  callback: (error?: unknown) => void = () => {}
  readonly #statements: Statement[]
  readonly #shapes: Map<string, Column[]>
  readonly #client: pg.Client
  #answers: Answer[] = []
  #rows: unknown[] = []

  constructor(statements: Statement[], shapes: Map<string, Column[]>, client: pg.Client) {
    this.#statements = statements
    this.#shapes = shapes
    this.#client = client
  }

  /** What `pg` notes as prepared when the server says that it is: the statement it is at. */
  get name(): string | undefined {
    return this.#statements[this.#answers.length]?.name
  }

  get text(): string | undefined {
    return this.#statements[this.#answers.length]?.text
  }

  submit(connection: pg.Connection): void {
    const wire = connection as unknown as Wire
    const parsing = new Set<string>()
    wire.stream.cork()
    for (const { name, text, values } of this.#statements) {
      if (name === '' || !(name in wire.parsedStatements || parsing.has(name))) {
        wire.parse({ name, text })
        parsing.add(name)
      }
      wire.bind({ statement: name, values: values.map(wireValue) })
      if (!this.#shapes.has(name)) wire.describe({ type: 'P', name: '' })
      wire.execute({ portal: '', rows: 0 })
    }
    wire.sync()
    wire.stream.uncork()
  }

  handleRowDescription({ fields }: Described): void {
    const parserOf = (type: number) => this.#client.getTypeParser(type, 'text') as Column['parse']
    const columns = fields.map(({ name, dataTypeID: type }) => ({
      name,
      parse: type === TIMESTAMPTZ ? momentParser(parserOf(type)) : parserOf(type),
    }))
    this.#shapes.set(this.name ?? '', columns)
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const columns = this.#shapes.get(this.name ?? '') ?? []
    const row: Record<string, unknown> = {}
    for (let i = 0; i < columns.length; i++) {
      const { name, parse } = columns[i]!
      const text = fields[i] ?? null
      row[name] = text === null ? null : parse(text)
    }
    this.#rows.push(row)
  }

  handleCommandComplete({ text }: { text: string }): void {
    const { name = '' } = this
    // A statement without rows has no description, and need not be asked for one again.
    if (name === '') this.#shapes.delete(name)
    else if (!this.#shapes.has(name)) this.#shapes.set(name, [])
    this.#answers.push({ rows: this.#rows, command: text })
    this.#rows = []
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' })
  }

  handleError(error: unknown): void {
    this.callback(error)
    for (const { reject } of this.#statements) reject(error)
  }

  handleReadyForQuery(): void {
    this.callback()
    this.#statements.forEach(({ resolve }, i) => void resolve(this.#answers[i]!))
  }
}

const TIMESTAMPTZ = 1184
const PLAIN = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/

/** Reads moments of our time in UTC, as nearly all are, without taking them apart. */
function momentParser(otherwise: Column['parse']): Column['parse'] {
  return (text) =>
    PLAIN.test(text) ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`) : otherwise(text)
}

/** A value as `pg` itself would send it. */
function wireValue(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value !== 'object') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  if (Array.isArray(value)) {
    return textArray(value.map((one) => (one === null ? null : String(wireValue(one)))))
  }
  return JSON.stringify(value)
}
