import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Caller, CompanyNo } from '../../kit/caller.ts'
import { textArray } from '../../platform/arrays.ts'
import type { ItemId, ItemType } from '../items.ts'
import type { Condition, EntityType, ItemQuery, Order } from '../selection.ts'
import type { Side } from '../sides.ts'

/** Items that features may read (arrived, not private, still there) and that fit a query. */
export function matching(companyNo: CompanyNo, query: ItemQuery): Condition {
  return all([sql`item.arrival_no is not null and not item.private`, fitting(companyNo, query)])
}

/** Items that are there and fit a query; whether they may be read or seen is not asked. */
export function fitting(companyNo: CompanyNo, query: ItemQuery): Condition {
  const conditions: Condition[] = [sql`item.company_id = ${companyNo} and item.deleted_at is null`]
  const add = <Value>(value: Value | undefined, condition: (value: Value) => Condition) => {
    if (value !== undefined) conditions.push(condition(value))
  }
  add(query.types, ofTypes)
  add(query.from, (from) => sql`item.occurred_at >= ${from}`)
  add(query.to, (to) => sql`item.occurred_at < ${to}`)
  add(query.afterArrival, (no) => sql`item.arrival_no > ${no}`)
  add(query.upToArrival, (no) => sql`item.arrival_no <= ${no}`)
  add(query.arrivedFrom, (from) => sql`item.arrived_at >= ${from}`)
  add(query.arrivedTo, (to) => sql`item.arrived_at < ${to}`)
  add(query.nos, (nos) => sql`item.no = any(${`{${nos.join(',')}}`}::bigint[])`)
  add(query.ids, (ids) => withIds(ids))
  add(query.entity, (entity) => sql`item.no in (${itemsOf(companyNo, entity)})`)
  add(query.accountIds, (ids) => sql`item.account_id = any(${textArray(ids)}::text[])`)
  add(query.dealIds, (ids) => sql`item.deal_id = any(${textArray(ids)}::text[])`)
  add(
    query.memberIds,
    (ids) =>
      sql`item.no in (${itemsOfMembers(
        companyNo,
        sql`
    m.id = any(${textArray(ids)}::text[])`,
      )})`,
  )
  add(
    query.teamIds,
    (ids) =>
      sql`item.no in (${itemsOfMembers(
        companyNo,
        sql`m.id in (
    select member_id from team_member where company_id = ${companyNo} and team_id = any(${textArray(ids)}::text[]))`,
      )})`,
  )
  add(
    query.direction,
    (directions) => sql`item.direction = any(${textArray([directions].flat())}::text[])`,
  )
  add(query.scope, (scopes) => sql`item.scope = any(${textArray([scopes].flat())}::text[])`)
  add(
    query.minDurationSeconds,
    (least) => sql`(item.type = 'email' or item.duration_seconds >= ${least})`,
  )
  add(
    query.maxDurationSeconds,
    (most) => sql`(item.type = 'email' or item.duration_seconds <= ${most})`,
  )
  add(
    query.folders,
    (folders) => sql`(item.type = 'call' or item.folders && ${textArray(folders)}::text[])`,
  )
  add(
    query.labels,
    (labels) => sql`(item.type = 'call' or item.labels && ${textArray(labels)}::text[])`,
  )
  add(query.words, (words) => all(words.map(spoken)))
  add(query.history, (history) => sql`item.history = ${history}`)
  add(query.side, wordsOf)
  return all(conditions)
}

/**
 * Items that whoever asks may see. A shared key sees all but private calls. A member (signed in, or
 * behind a personal key) sees by the member's visibility, and private calls only as one of the parties.
 */
export function visibleTo(caller: Caller): Condition {
  const { companyNo, memberId } = caller
  if (caller.kind === 'key' && caller.access !== 'personal') return sql`not item.private`
  if (memberId === undefined) return sql`false`
  const self = sql<SqlBool>`m.id = ${memberId}`
  const teammates = sql<SqlBool>`m.id in (
    select theirs.member_id from team_member mine
    join team_member theirs on theirs.company_id = mine.company_id and theirs.team_id = mine.team_id
    where mine.company_id = ${companyNo} and mine.member_id = ${memberId})`
  const sight = sql`(
    select visibility from member
    where company_id = ${companyNo} and id = ${memberId} and removed_at is null)`
  return sql`(
    (not item.private and ${sight} = 'all')
    or (${sight} is not null and item.no in (${itemsOfMembers(companyNo, self)}))
    or (not item.private and ${sight} = 'team' and item.no in (${itemsOfMembers(companyNo, teammates)}))
  )`
}

/** Items in which a side has words. */
export function wordsOf(side: Side): Condition {
  if (side === 'company') return sql`item.company_words > 0`
  if (side === 'customer') return sql`item.customer_words > 0`
  return sql`item.company_words + item.customer_words > 0`
}

/** Items that have a word, or a part of it, in their title or among their people. */
function spoken(word: string): Condition {
  const part = word.toLowerCase()
  return sql`(strpos(lower(item.title), ${part}) > 0 or exists (
    select from jsonb_array_elements(item.parties) as party
    where strpos(lower(party ->> 'name'), ${part}) > 0 or strpos(lower(party ->> 'email'), ${part}) > 0))`
}

/** One type is compared plainly, so that an index gives its items in order of date. */
function ofTypes(types: readonly ItemType[]): Condition {
  const [only, second] = types
  if (only !== undefined && second === undefined) return sql`item.type = ${only}`
  return sql`item.type = any(${textArray(types)}::text[])`
}

function withIds(ids: readonly ItemId[]): Condition {
  const of = (type: ItemType) => {
    const wanted = ids.filter((id) => id.type === type).map(({ id }) => id)
    return wanted.length
      ? [sql<SqlBool>`(item.type = ${type} and item.id = any(${textArray(wanted)}::text[]))`]
      : []
  }
  const either = [...of('call'), ...of('email')]
  return either.length ? sql`(${sql.join(either, sql` or `)})` : sql`false`
}

function itemsOfMembers(companyNo: CompanyNo, which: Condition): RawBuilder<unknown> {
  return itemsAddressed(
    companyNo,
    sql`select lower(m.email) as email from member m where m.company_id = ${companyNo} and ${which}`,
  )
}

/**
 * The numbers of items with one of the addresses that a query gives. The addresses are made into arrays
 * first, so that they are always looked up in the index, however many the planner expects.
 */
function itemsAddressed(companyNo: CompanyNo, emails: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select a.item_no from item_address a where a.company_id = ${companyNo}
      and a.domain = any(array(select split_part(email, '@', 2) from (${emails}) as person))
      and a.address = any(array(select email from (${emails}) as person))`
}

/** The numbers of an entity's items; a contact or lead is met by its address. */
function itemsOf(
  companyNo: CompanyNo,
  entity: { type: EntityType; id: string },
): RawBuilder<unknown> {
  const { type, id } = entity
  const addressed = (which: Condition) =>
    itemsAddressed(
      companyNo,
      sql`select e.email from entity e where e.company_id = ${companyNo} and e.email is not null and ${which}`,
    )
  if (type === 'deal') {
    return sql`select no from item where company_id = ${companyNo} and deal_id = ${id} and deleted_at is null`
  }
  if (type !== 'account') return addressed(sql`e.type = ${type} and e.id = ${id}`)
  return sql`
    select no from item where company_id = ${companyNo} and account_id = ${id} and deleted_at is null
    union
    select no from item where company_id = ${companyNo} and deleted_at is null and deal_id in (
      select id from entity where company_id = ${companyNo} and type = 'deal' and account_id = ${id})
    union
    ${addressed(sql`e.type = 'contact' and e.account_id = ${id}`)}`
}

/** Items behind one in an order. */
export function behind(
  order: Order,
  item: { occurredAt: Date; no: bigint; arrivalNo?: bigint | null },
): Condition {
  if (order === 'arrival') return sql`item.arrival_no > ${item.arrivalNo}`
  const there = sql`(${item.occurredAt}::timestamptz, ${item.no}::bigint)`
  return order === 'oldest'
    ? sql`(item.occurred_at, item.no) > ${there}`
    : sql`(item.occurred_at, item.no) < ${there}`
}

/** All of these conditions; undefined ones ask nothing. */
export function all(conditions: readonly (Condition | undefined)[]): Condition {
  const asked = conditions.filter((condition) => condition !== undefined)
  return sql<SqlBool>`(${sql.join(asked, sql` and `)})`
}
