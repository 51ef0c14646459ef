import type { Caller, CompanyNo } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { Problem, unprocessable } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { type Company, type GongIds, type Limits, settingsOf } from '../company.ts'
import type { Member } from '../people.ts'
import * as store from '../store/companies.ts'
import { knownMembers, listAdmins } from '../store/people.ts'
import { recordAudit } from './audit.ts'
import { openIntegration } from './integrations.ts'
import { addMember } from './members.ts'

export interface NewCompany {
  name: string
  timezone: string
  /** Where its time stands still until it is moved; undefined for a company in real time. */
  testClock?: Date | undefined
  /** Its first tech admin. */
  admin?: { name: string; email: string; password: string } | undefined
}

export interface FoundingDeps {
  db: Database
  clock: Clock
  /** Opens the company's pool of credits; `testClock` is where its time stands, or null. */
  openPool: (tx: Tx, companyNo: CompanyNo, testClock: Date | null) => Promise<void>
}

/** Founds a company: its pool, an integration that may do everything, and its first admin when named. */
export async function foundCompany({ db, clock, openPool }: FoundingDeps, asked: NewCompany) {
  const no = await db.shared((tx) => store.nextCompanyNo(tx))
  return db.company(no, async (tx) => {
    const { name, timezone, testClock, admin } = asked
    const createdAt = testClock ?? clock.now()
    const settings = settingsOf({})
    const onTestClock = testClock !== undefined
    const company: Company = {
      no,
      id: newId('co'),
      name,
      timezone,
      onTestClock,
      settings,
      createdAt,
    }
    await store.insertCompany(tx, company)
    await openPool(tx, no, testClock ?? null)
    const author = { companyNo: no, actor: 'operator' as const }
    const { integration, key } = await openIntegration(tx, author, createdAt, {
      name: 'First key',
      kind: 'api',
      access: 'shared',
      scopes: ['admin'],
    })
    const member =
      admin && (await addMember(tx, author, createdAt, { ...admin, role: 'tech_admin' }))
    const object = { type: 'company', id: company.id }
    await recordAudit(tx, author, 'company.create', object, null, { name, timezone })
    return { company, apiKey: { id: integration.id, key }, testClock, admin: member }
  })
}

/** Every company of the installation, newest first. */
export async function listCompanies(
  { db }: { db: Database },
  asked: { limit: number; cursor?: string | undefined },
) {
  const [before] = readCursor(asked.cursor, 'int') ?? []
  const rows = await db.shared((tx) => store.listCompanies(tx, before ?? null, asked.limit + 1))
  return pageOf(rows, asked.limit, ({ no }) => [no])
}

/** The caller's company, with who is told of its pool. */
export async function readCompany({ db }: { db: Database }, caller: Caller) {
  return db.snapshot(caller.companyNo, (tx) => present(tx, caller.companyNo))
}

export interface CompanyChange {
  name?: string | undefined
  timezone?: string | undefined
  alertRecipients?: string[] | null | undefined
  emailDomains?: string[] | undefined
  gongIds?: GongIds | undefined
  limits?: { [Limit in keyof Limits]?: number | undefined } | undefined
}

export interface ChangeDeps {
  db: Database
  /** Whether contract years were counted in the company's time zone, which then stays. */
  hasContract: (tx: Tx, companyNo: CompanyNo) => Promise<boolean>
  /** Counts use anew by the days of the zone that is now the company's. */
  recountUsage: (tx: Tx, companyNo: CompanyNo) => Promise<void>
}

/** Changes the company's name, time zone or settings; what is not given stays. */
export async function changeCompany(
  { db, hasContract, recountUsage }: ChangeDeps,
  caller: Caller,
  asked: CompanyChange,
) {
  const no = caller.companyNo
  return db.company(no, async (tx) => {
    const before = await store.readCompany(tx, no, true)
    const { alertRecipients = before.settings.alertRecipients } = asked
    const { name = before.name, timezone = before.timezone } = asked
    if (timezone !== before.timezone && (await hasContract(tx, no))) {
      throw new Problem('invalid-state', 'The time zone stays, because the contract counts in it.')
    }
    await checkRecipients(tx, no, alertRecipients ?? [])
    const settings = settingsOf({
      alertRecipients,
      emailDomains: asked.emailDomains ?? before.settings.emailDomains,
      gongIds: asked.gongIds ?? before.settings.gongIds,
      limits: { ...before.settings.limits, ...given(asked.limits) },
    })
    const after = { ...before, name, timezone, settings }
    await store.updateCompany(tx, after)
    if (timezone !== before.timezone) await recountUsage(tx, no)
    const object = { type: 'company', id: before.id }
    await recordAudit(tx, caller, 'company.change', object, audited(before), audited(after))
    return present(tx, no)
  })
}

/** Who is told of the pool's state: the members chosen, else every tech and business admin. */
export async function alertRecipients(tx: Tx, no: CompanyNo): Promise<Member[]> {
  const { settings } = await store.readCompany(tx, no)
  return settings.alertRecipients === null
    ? listAdmins(tx, no)
    : knownMembers(tx, no, settings.alertRecipients)
}

/** The company's own facts, for the modules that go by them: time zone, mail domains, limits. */
export async function companyFacts(tx: Tx, no: CompanyNo): Promise<Company> {
  return store.readCompany(tx, no)
}

async function present(tx: Tx, no: CompanyNo) {
  const company = await store.readCompany(tx, no)
  const recipients = await alertRecipients(tx, no)
  return { ...company, alertRecipients: recipients.map(({ id }) => id) }
}

async function checkRecipients(tx: Tx, no: CompanyNo, ids: readonly string[]): Promise<void> {
  const known = new Set((await knownMembers(tx, no, ids)).map(({ id }) => id))
  const missing = ids.findIndex((id) => !known.has(id))
  if (missing >= 0) throw unprocessable(`alertRecipients.${missing}`, 'is no member')
}

function given(limits: CompanyChange['limits']): Partial<Limits> {
  const entries = Object.entries(limits ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries)
}

function audited({ name, timezone, settings }: Company) {
  return { name, timezone, ...settings }
}
