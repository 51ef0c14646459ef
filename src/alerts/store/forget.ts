import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import { arrayOf, textArray } from '../../platform/arrays.ts'
import type { Tx } from '../../platform/database.ts'

/** Removes the mails to a person, and what is told about them. `email` in lower case. */
export async function forgetPerson(tx: Tx, no: CompanyNo, email: string): Promise<void> {
  await sql`delete from mail where company_id = ${no} and lower(to_address) = ${email}`.execute(tx)
  await sql`delete from alert
    where company_id = ${no} and kind = 'mail_failed' and lower(facts ->> 'to') = ${email}`.execute(
    tx,
  )
}

/** Removes what is told of calls and emails, and empties the mails with briefs that were drawn from them. */
export async function forgetItems(
  tx: Tx,
  no: CompanyNo,
  items: readonly { no: bigint; type: string; id: string }[],
): Promise<void> {
  const types = textArray(items.map(({ type }) => type))
  const ids = textArray(items.map(({ id }) => id))
  await sql`delete from alert a
    using unnest(${types}::text[], ${ids}::text[]) as gone (type, id)
    where a.company_id = ${no} and a.kind = 'stream_entry'
      and a.facts ->> 'itemId' = gone.id and a.facts ->> 'itemType' = gone.type`.execute(tx)
  const nos = arrayOf(items.map((item) => item.no))
  await sql`update mail set text = 'Erased.', html = '<p>Erased.</p>', item_nos = null
    where company_id = ${no} and item_nos is not null and item_nos && ${nos}::bigint[]`.execute(tx)
  await sql`update alert a set facts = a.facts - 'text' from generated_brief g
    where a.company_id = ${no} and a.kind = 'brief' and a.facts ? 'text'
      and g.company_id = a.company_id and g.id = a.facts ->> 'generatedId'
      and g.item_nos && ${nos}::bigint[]`.execute(tx)
}

/** The calls and emails that a generated brief was drawn from. */
export async function readItemsOf(
  tx: Tx,
  no: CompanyNo,
  generatedId: string,
): Promise<bigint[] | null> {
  const { rows } = await sql<{
    itemNos: bigint[]
  }>`select item_nos as "itemNos" from generated_brief
    where company_id = ${no} and id = ${generatedId}`.execute(tx)
  return rows[0]?.itemNos ?? null
}
