import { sql } from 'kysely'
import type { CompanyNo } from '../kit/caller.ts'
import type { Tx } from '../platform/database.ts'

/** Facts that decide what a charge is for and how it is priced, and the epoch they were read at. */
export interface RuleFacts {
  epoch: number
  onTestClock: boolean
  /** Features that are switched off, by team. */
  switchedOff: Map<string, Set<string>>
}

export async function readRuleFacts(tx: Tx, companyNo: CompanyNo): Promise<RuleFacts> {
  const pool = await tx
    .selectFrom('pool')
    .select(['configEpoch', 'clock'])
    .where('companyId', '=', companyNo)
    .executeTakeFirstOrThrow()
  const teams = await tx
    .selectFrom('team')
    .select(['id', 'features'])
    .where('companyId', '=', companyNo)
    .execute()
  const switchedOff = new Map(
    teams.map(({ id, features }) => {
      const off = Object.entries(features as Record<string, boolean>).filter(([, on]) => !on)
      return [id, new Set(off.map(([feature]) => feature))]
    }),
  )
  return { epoch: pool.configEpoch, onTestClock: pool.clock !== null, switchedOff }
}

/** A member's primary team; undefined when there is no such member. */
export async function readPrimaryTeam(
  tx: Tx,
  companyNo: CompanyNo,
  memberId: string,
): Promise<{ teamId: string | null } | undefined> {
  return tx
    .selectFrom('member')
    .select('primaryTeamId as teamId')
    .where('companyId', '=', companyNo)
    .where('id', '=', memberId)
    .executeTakeFirst()
}

/** The open holds that the house itself has made for one instance of a feature. */
export async function readHouseHolds(
  tx: Tx,
  companyNo: CompanyNo,
  { feature, instanceId }: { feature: string; instanceId: string },
): Promise<number[]> {
  const rows = await tx
    .selectFrom('hold as h')
    .innerJoin('attribution as a', (join) =>
      join.onRef('a.companyId', '=', 'h.companyId').onRef('a.id', '=', 'h.attributionId'),
    )
    .select('h.id')
    .where('h.companyId', '=', companyNo)
    .where('h.status', '=', 'held')
    .where('a.feature', '=', feature)
    .where('a.instanceId', '=', instanceId)
    // Others may hold for the same instance, but by a key or as a person.
    .where('a.integrationId', 'is', null)
    .where('a.memberId', 'is', null)
    .orderBy('h.id')
    .execute()
  return rows.map(({ id }) => Number(id))
}

/** How often what charges go by has changed. */
export async function readEpoch(tx: Tx, companyNo: CompanyNo): Promise<number> {
  const { configEpoch } = await tx
    .selectFrom('pool')
    .select('configEpoch')
    .where('companyId', '=', companyNo)
    .executeTakeFirstOrThrow()
  return configEpoch
}

/** Takes the ids of items out of the details of charges; types and lengths stay, by which they were priced. */
export async function forgetItems(
  tx: Tx,
  companyNo: CompanyNo,
  items: readonly { type: string; id: string }[],
): Promise<void> {
  const gone = JSON.stringify(items.map(({ type, id }) => ({ type, id })))
  await sql`
    with gone as (select type, id from jsonb_to_recordset(${gone}::jsonb) as g (type text, id text)),
    named as (
      select distinct d.charge_seq from charge_detail d
      cross join jsonb_array_elements(d.items) as item
      join gone on gone.type = item ->> 'type' and gone.id = item ->> 'id'
      where d.company_id = ${companyNo} and jsonb_typeof(d.items) = 'array')
    update charge_detail d set items = (
      select jsonb_agg(case when exists (select from gone
          where gone.type = item ->> 'type' and gone.id = item ->> 'id') then item - 'id' else item end
        order by place)
      from jsonb_array_elements(d.items) with ordinality as listed (item, place))
    from named where d.company_id = ${companyNo} and d.charge_seq = named.charge_seq`.execute(tx)
}

/** Takes away what programs have written beside charges and holds where it names a person. In lower case. */
export async function forgetAddress(tx: Tx, companyNo: CompanyNo, address: string): Promise<void> {
  await sql`update charge_detail set metadata = null
    where company_id = ${companyNo} and position(${address} in lower(metadata::text)) > 0`.execute(
    tx,
  )
  await sql`update charge_detail d set items = (
      select jsonb_agg(case when position(${address} in lower(item ->> 'id')) > 0
        then item - 'id' else item end order by place)
      from jsonb_array_elements(d.items) with ordinality as listed (item, place))
    where company_id = ${companyNo} and position(${address} in lower(items::text)) > 0`.execute(tx)
  await sql`update hold set metadata = null
    where company_id = ${companyNo} and position(${address} in lower(metadata::text)) > 0`.execute(
    tx,
  )
}
