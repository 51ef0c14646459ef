import { CompiledQuery } from 'kysely'
import type { Tx } from './database.ts'

/**
 * Runs one statement in the transaction at hand. `name` prepares it once per connection, where the
 * connection does that. How a statement is written decides how its rows are named: alias in camel case.
 */
export type Run = <Row>(name: string, text: string, values?: unknown[]) => Promise<Row[]>

/** Statements given as text, inside a transaction of the serving connections. */
export function runIn(tx: Tx): Run {
  return async <Row>(_name: string, text: string, values: unknown[] = []) =>
    (await tx.executeQuery(CompiledQuery.raw(text, values))).rows as Row[]
}
