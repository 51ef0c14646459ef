import { sql } from 'kysely'
import type { CompanyNo } from '../../kit/caller.ts'
import type { Tx } from '../../platform/database.ts'
import { type Company, type CompanySettings, settingsOf } from '../company.ts'

export async function nextCompanyNo(tx: Tx): Promise<CompanyNo> {
  const { rows } = await sql<{ no: number }>`select next_company_no() as no`.execute(tx)
  return rows[0]!.no
}

export async function insertCompany(tx: Tx, company: Company): Promise<void> {
  const { no, id, name, timezone, onTestClock, createdAt } = company
  await tx
    .insertInto('company')
    .values({ id: no, publicId: id, name, timezone, onTestClock, createdAt })
    .execute()
}

/**
 * The company of this transaction; locked until its end where it is about to be changed, though not against rows
 * that refer to it: every change leaves one in the audit trail, and would wait for the one it keeps waiting.
 */
export async function readCompany(tx: Tx, no: CompanyNo, lock = false): Promise<Company> {
  const query = tx.selectFrom('company').selectAll().where('id', '=', no)
  const row = await (lock ? query.forNoKeyUpdate() : query).executeTakeFirstOrThrow()
  return {
    no: row.id,
    id: row.publicId,
    name: row.name,
    timezone: row.timezone,
    onTestClock: row.onTestClock,
    settings: settingsOf((row.settings ?? {}) as Partial<CompanySettings>),
    createdAt: row.createdAt,
  }
}

export async function updateCompany(tx: Tx, company: Company): Promise<void> {
  const { no, name, timezone, settings } = company
  await tx
    .updateTable('company')
    .set({ name, timezone, settings: JSON.stringify(settings) })
    .where('id', '=', no)
    .execute()
}

/** Of every company, newest first. */
export async function listCompanies(tx: Tx, before: number | null, most: number) {
  const { rows } = await sql<{
    id: number
    publicId: string
    name: string
    timezone: string
    onTestClock: boolean
    createdAt: Date
  }>`select * from list_companies(${before}, ${most})`.execute(tx)
  return rows.map(({ id, publicId, ...rest }) => ({ no: id, id: publicId, ...rest }))
}
