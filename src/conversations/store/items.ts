import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import { textArray } from '../../platform/arrays.ts'
import type { Tx } from '../../platform/database.ts'
import { domainOf } from '../domains.ts'
import { addressesOf, type Content, type Item, type ItemType } from '../items.ts'
import type { Condition, Order } from '../selection.ts'

/** Takes the company's intake: from here on nobody else puts items in. Gives the last number given out. */
export async function openIntake(tx: Tx, companyNo: CompanyNo): Promise<bigint> {
  const { rows } = await sql<{ lastNo: bigint }>`
    insert into intake (company_id) values (${companyNo})
    on conflict (company_id) do update set last_no = intake.last_no
    returning last_no`.execute(tx)
  return rows[0]!.lastNo
}

export async function closeIntake(tx: Tx, companyNo: CompanyNo, lastNo: bigint): Promise<void> {
  await sql`update intake set last_no = ${lastNo} where company_id = ${companyNo}`.execute(tx)
}

/** The items under these ids or message ids, deleted and erased ones included. */
export async function readKnown(
  tx: Tx,
  companyNo: CompanyNo,
  ids: Record<ItemType, readonly string[]>,
  messageIds: readonly string[],
): Promise<Item[]> {
  const { rows } = await sql<Item>`
    select ${columns} from item where company_id = ${companyNo} and type = 'call' and id = any(${textArray(ids.call)}::text[])
    union all
    select ${columns} from item where company_id = ${companyNo} and type = 'email' and id = any(${textArray(ids.email)}::text[])
    union all
    select ${columns} from item where company_id = ${companyNo} and message_id = any(${textArray(messageIds)}::text[])
      and not (type = 'email' and id = any(${textArray(ids.email)}::text[]))`.execute(tx)
  return rows
}

export async function readContents(
  tx: Tx,
  companyNo: CompanyNo,
  nos: readonly bigint[],
): Promise<Map<bigint, Content>> {
  const { rows } = await sql<{ itemNo: bigint; body: string | null; transcript: never }>`
    select item_no, body, transcript from item_content
    where company_id = ${companyNo} and item_no = any(${`{${nos.join(',')}}`}::bigint[])`.execute(
    tx,
  )
  return new Map(
    rows.map(({ itemNo, body, transcript }) => [itemNo, body === null ? { transcript } : { body }]),
  )
}

/** Writes items as they are now, new or changed. `before` are the changed ones as they were. */
export async function writeItems(
  tx: Tx,
  companyNo: CompanyNo,
  items: readonly { item: Item; content?: Content | undefined }[],
  before: readonly Item[],
): Promise<void> {
  if (before.length) await deleteAddresses(tx, companyNo, before)
  await upsert(
    tx,
    companyNo,
    'item',
    'no',
    itemTypes,
    items.map(({ item }) => item),
  )
  const contents = items.flatMap(({ item, content }) =>
    content ? { itemNo: item.no, body: null, transcript: null, ...content } : [],
  )
  if (contents.length)
    await upsert(tx, companyNo, 'item_content', 'item_no', contentTypes, contents)
  const addresses = addressRows(items.map(({ item }) => item))
  await sql`
    insert into item_address (company_id, domain, address, item_no)
    select ${companyNo}, * from unnest(${textArray(addresses.map(({ domain }) => domain))}::text[],
      ${textArray(addresses.map(({ address }) => address))}::text[],
      ${`{${addresses.map(({ no }) => no).join(',')}}`}::bigint[])
    on conflict do nothing`.execute(tx)
}

/** Takes away what the items hold; the rows stay, deleted, under their numbers. */
export async function deleteItems(
  tx: Tx,
  companyNo: CompanyNo,
  items: readonly Item[],
  at: Date,
): Promise<void> {
  const nos = `{${items.map(({ no }) => no).join(',')}}`
  await deleteAddresses(tx, companyNo, items)
  await sql`delete from item_content where company_id = ${companyNo} and item_no = any(${nos}::bigint[])`.execute(
    tx,
  )
  await sql`
    update item set deleted_at = coalesce(deleted_at, ${at}), updated_at = ${at}, title = '', parties = '[]',
      has_content = false, thread_id = null, folders = '{}', labels = '{}',
      account_id = null, account_given = false, deal_id = null, deal_given = false
    where company_id = ${companyNo} and no = any(${nos}::bigint[])`.execute(tx)
}

/** Takes away what still names a deleted item, so that only its number, dates and figures are left. */
export async function eraseItems(
  tx: Tx,
  companyNo: CompanyNo,
  items: readonly Item[],
  keys: readonly Buffer[],
  at: Date,
): Promise<void> {
  await sql`
    insert into erased_key (company_id, hash, erased_at)
    select ${companyNo}, decode(hash, 'hex'), ${at}
    from unnest(${textArray(keys.map((key) => key.toString('hex')))}::text[]) as hash
    on conflict do nothing`.execute(tx)
  await sql`
    update item set erased_at = ${at}, id = 'erased:' || no, message_id = null
    where company_id = ${companyNo} and no = any(${`{${items.map(({ no }) => no).join(',')}}`}::bigint[])`.execute(
    tx,
  )
}

/** Which of these keys belong to something erased. */
export async function readErased(
  tx: Tx,
  companyNo: CompanyNo,
  keys: readonly Buffer[],
): Promise<Set<string>> {
  const { rows } = await sql<{ hash: string }>`
    select encode(hash, 'hex') as hash from erased_key
    where company_id = ${companyNo} and hash = any(
      select decode(hex, 'hex') from unnest(${textArray(keys.map((key) => key.toString('hex')))}::text[]) as hex)`.execute(
    tx,
  )
  return new Set(rows.map(({ hash }) => hash))
}

/** Items by a condition on the table `item`, in an order, at most `limit`. */
export async function readItemsWhere(
  tx: Tx,
  where: Condition,
  order: Order,
  limit: number,
): Promise<Item[]> {
  const { rows } = await sql<Item>`
    select ${columns} from item where ${where} order by ${orders[order]} limit ${limit}`.execute(tx)
  return rows
}

export interface Counted {
  type: ItemType
  long: boolean
  items: bigint
}

/** How many items fit a condition, by type and by whether they last longer than `longerThan` seconds. */
export async function countWhere(tx: Tx, where: Condition, longerThan: number): Promise<Counted[]> {
  const { rows } = await sql<Counted>`
    select item.type, item.duration_seconds > ${longerThan} as long, count(*) as items
    from item where ${where} group by 1, 2`.execute(tx)
  return rows
}

async function deleteAddresses(
  tx: Tx,
  companyNo: CompanyNo,
  items: readonly Item[],
): Promise<void> {
  const rows = addressRows(items)
  await sql`
    delete from item_address a
    using unnest(${textArray(rows.map(({ domain }) => domain))}::text[],
      ${textArray(rows.map(({ address }) => address))}::text[],
      ${`{${rows.map(({ no }) => no).join(',')}}`}::bigint[]) as old (domain, address, item_no)
    where a.company_id = ${companyNo} and a.domain = old.domain and a.address = old.address
      and a.item_no = old.item_no`.execute(tx)
}

function addressRows(items: readonly Item[]) {
  return items.flatMap(({ no, parties }) =>
    addressesOf(parties).map((address) => ({ domain: domainOf(address), address, no })),
  )
}

const orders = {
  newest: sql`item.occurred_at desc, item.no desc`,
  oldest: sql`item.occurred_at, item.no`,
  arrival: sql`item.arrival_no`,
}

const itemTypes = {
  no: 'bigint',
  type: 'text',
  id: 'text',
  occurredAt: 'timestamptz',
  createdAt: 'timestamptz',
  updatedAt: 'timestamptz',
  arrivedAt: 'timestamptz',
  arrivalNo: 'bigint',
  history: 'boolean',
  private: 'boolean',
  title: 'text',
  statedSeconds: 'double precision',
  durationSeconds: 'double precision',
  direction: 'text',
  scope: 'text',
  companyWords: 'int',
  customerWords: 'int',
  hasContent: 'boolean',
  parties: 'jsonb',
  accountId: 'text',
  accountGiven: 'boolean',
  dealId: 'text',
  dealGiven: 'boolean',
  messageId: 'text',
  threadId: 'text',
  folders: 'text[]',
  labels: 'text[]',
  deletedAt: 'timestamptz',
  erasedAt: 'timestamptz',
} satisfies Record<keyof Item, string>

const contentTypes = { itemNo: 'bigint', body: 'text', transcript: 'json' }

/** The columns of an item, in a query on `item`. */
export const columns = sql.raw(
  Object.keys(itemTypes)
    .map((name) => `item.${snake(name)}`)
    .join(', '),
)

/** Writes whole rows, new or changed, from one JSON parameter: the cheapest way in for many at once. */
async function upsert(
  tx: Tx,
  companyNo: CompanyNo,
  table: string,
  key: string,
  types: Record<string, string>,
  rows: readonly object[],
): Promise<void> {
  const names = Object.keys(types)
  const list = names.map(snake).join(', ')
  const changes = names.map((name) => `${snake(name)} = excluded.${snake(name)}`).join(', ')
  const given = names.map((name) => `"${name}" ${types[name]}`).join(', ')
  const big = names.filter((name) => types[name] === 'bigint')
  // A replacer would be asked about every value of every row.
  const json = JSON.stringify(rows.map((row) => withTexts(row, big)))
  await sql`
    insert into ${sql.raw(table)} (company_id, ${sql.raw(list)})
    select ${companyNo}, given.* from json_to_recordset(${json}::json) as given (${sql.raw(given)})
    on conflict (company_id, ${sql.raw(key)}) do update set ${sql.raw(changes)}`.execute(tx)
}

/** A row whose bigints are texts, as JSON has none. */
function withTexts(row: object, names: readonly string[]): object {
  const copy: Record<string, unknown> = { ...row }
  for (const name of names) if (typeof copy[name] === 'bigint') copy[name] = String(copy[name])
  return copy
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
