import { recordAudit } from '../../companies/service/audit.ts'
import { type Caller, type CompanyNo, requireScope } from '../../kit/caller.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { runIn } from '../../platform/run.ts'
import { missingOf } from '../../trackers/service/currency.ts'
import type { Use } from '../../trackers/service/deps.ts'
import { type Brief, type Section, trackersIn } from '../brief.ts'
import * as store from '../store.ts'
import type { BriefDeps } from './deps.ts'

export interface NewBrief {
  name: string
  status?: Brief['status'] | undefined
  sections: Section[]
}

type Deps = Pick<BriefDeps, 'db' | 'clock'>

/** Writes a template down; published unless it says draft. */
export async function makeBrief(deps: Deps, caller: Caller, asked: NewBrief): Promise<Brief> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const now = await companyTime(tx, caller.companyNo, deps.clock)
    const brief: Brief = {
      id: newId('brf'),
      name: asked.name,
      status: asked.status ?? 'published',
      sections: asked.sections,
      createdBy: caller.memberId ?? null,
      createdAt: now,
      updatedAt: now,
    }
    await write(tx, caller, brief)
    await recordAudit(
      tx,
      caller,
      'brief.create',
      { type: 'brief', id: brief.id },
      null,
      said(brief),
    )
    return brief
  })
}

/** Changes a template; what was generated from it stays as it was. */
export async function changeBrief(
  deps: Deps,
  caller: Caller,
  id: string,
  asked: Partial<NewBrief>,
): Promise<Brief> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const before = await lock(tx, caller.companyNo, id)
    const brief: Brief = {
      ...before,
      name: asked.name ?? before.name,
      status: asked.status ?? before.status,
      sections: asked.sections ?? before.sections,
      updatedAt: await companyTime(tx, caller.companyNo, deps.clock),
    }
    await write(tx, caller, brief)
    await recordAudit(tx, caller, 'brief.change', { type: 'brief', id }, said(before), said(brief))
    return brief
  })
}

/** Deletes a template with all that was generated from it; refused while an automation uses it. */
export async function removeBrief(
  { db, usesOfBrief }: Pick<BriefDeps, 'db' | 'usesOfBrief'>,
  caller: Caller,
  id: string,
): Promise<void> {
  requireScope(caller, 'trackers:write')
  await db.company(caller.companyNo, async (tx) => {
    const before = await lock(tx, caller.companyNo, id)
    const usedBy = await usesOfBrief(tx, caller.companyNo, id)
    if (usedBy.length) {
      const names = usedBy.map((use) => `${use.type} ${JSON.stringify(use.name)}`).join(', ')
      throw new Problem('conflict', `The brief is used by ${names}.`, { usedBy })
    }
    await store.deleteBrief(tx, caller.companyNo, id)
    await recordAudit(tx, caller, 'brief.delete', { type: 'brief', id }, said(before), null)
  })
}

export async function readBrief({ db }: Deps, caller: Caller, id: string): Promise<Brief> {
  requireScope(caller, 'ai:brief')
  return db.snapshot(caller.companyNo, async (tx) => {
    const brief = await store.readBrief(tx, caller.companyNo, id)
    if (!brief) throw notFound('brief', id)
    return brief
  })
}

/** Templates, newest first. */
export async function listBriefs(
  { db }: Deps,
  caller: Caller,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ data: Brief[]; nextCursor: string | null }> {
  requireScope(caller, 'ai:brief')
  const after = readCursor(page.cursor, 'time', 'text')
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    store.readBriefs(tx, caller.companyNo, after, page.limit + 1),
  )
  return pageOf(rows, page.limit, (brief) => [brief.createdAt, brief.id])
}

/** The templates that read a tracker, which keep it from being deleted. */
export async function briefsUsing(tx: Tx, companyNo: CompanyNo, trackerId: string): Promise<Use[]> {
  const briefs = await store.readUsing(tx, companyNo, trackerId)
  return briefs.map(({ id, name }) => ({ type: 'brief', id, name }))
}

/** Whether a template is there, for what is set up to generate from it; it stays until the transaction ends. */
export async function keepBrief(tx: Tx, companyNo: CompanyNo, id: string): Promise<boolean> {
  return store.keepBrief(runIn(tx), companyNo, id)
}

const NAME_TAKEN = 'Another brief has this name.'

async function lock(tx: Tx, companyNo: CompanyNo, id: string): Promise<Brief> {
  const brief = await store.readBrief(tx, companyNo, id, true)
  if (!brief) throw notFound('brief', id)
  return brief
}

async function write(tx: Tx, { companyNo }: Caller, brief: Brief): Promise<void> {
  const namesake = await store.readBriefNamed(tx, companyNo, brief.name)
  if (namesake && namesake.id !== brief.id) {
    throw new Problem('conflict', NAME_TAKEN, { id: namesake.id })
  }
  const missing = await missingOf(tx, companyNo, trackersIn(brief.sections))
  if (missing !== undefined) {
    throw unprocessable('sections', `there is no tracker ${JSON.stringify(missing)}`)
  }
  await store.writeBrief(tx, companyNo, brief).catch((error: { constraint?: string }) => {
    // Another one has taken the name since it was looked for.
    if (error.constraint !== 'brief_name') throw error
    throw new Problem('conflict', NAME_TAKEN)
  })
}

function said({ name, status, sections }: Brief) {
  return { name, status, sections }
}
