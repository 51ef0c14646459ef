import { recordAudit } from '../../companies/service/audit.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { notFound, Problem, unprocessable } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { findPretrained } from '../pretrained.ts'
import { turnBackfills } from '../store/backfills.ts'
import * as store from '../store/trackers.ts'
import { type Definition, isNewVersion, type Kind, type Tracker } from '../tracker.ts'
import type { TrackerDeps } from './deps.ts'

/** A tracker as somebody writes it. */
export type NewTracker = {
  kind: Kind
  name?: string | undefined
  teamId?: string | undefined
} & Partial<Definition>

/** Writes down a new tracker; it is a draft and does nothing yet. */
export async function makeTracker(
  deps: TrackerDeps,
  caller: Caller,
  asked: NewTracker,
): Promise<Tracker> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const now = await companyTime(tx, caller.companyNo, deps.clock)
    const tracker = draftOf(asked, newId('trk'), caller.memberId ?? null, now)
    await store.insertTracker(tx, caller.companyNo, tracker)
    const { definition, name, kind } = tracker
    await recordAudit(tx, caller, 'tracker.create', { type: 'tracker', id: tracker.id }, null, {
      name,
      kind,
      definition,
    })
    return tracker
  })
}

/** A draft of what is asked for, with what it leaves open. */
export function draftOf(
  asked: NewTracker,
  id: string,
  createdBy: string | null,
  createdAt: Date,
): Tracker {
  const preset = asked.kind === 'pretrained' ? presetOf(asked.pretrainedId) : undefined
  return {
    id,
    kind: asked.kind,
    name: asked.name ?? preset?.name ?? 'Tracker',
    version: 1,
    definition: {
      question: preset?.question ?? asked.question ?? null,
      instructions: asked.instructions ?? null,
      itemTypes: asked.itemTypes ?? ['call', 'email'],
      side: asked.side ?? preset?.side ?? 'anyone',
      part: asked.part ?? null,
      filters: asked.filters ?? {},
      keywords: asked.keywords ?? [],
      pretrainedId: preset?.id ?? null,
    },
    stored: 'draft',
    storedSince: createdAt,
    stopped: null,
    stoppedSince: null,
    stoppedPrice: null,
    runningSeq: 0,
    cursor: 0n,
    waitsForHold: false,
    teamId: asked.teamId ?? null,
    createdBy,
    createdAt,
  }
}

/**
 * Changes a tracker. A changed question, side, part or choice of items is a new version at once: what is
 * new is read under it; the old results stay, under their version.
 */
export async function changeTracker(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
  asked: Partial<NewTracker>,
): Promise<Tracker> {
  requireScope(caller, 'trackers:write')
  return deps.db.company(caller.companyNo, async (tx) => {
    const tracker = await lockTracker(tx, caller, id)
    const now = await companyTime(tx, caller.companyNo, deps.clock)
    const { name, teamId, kind: _, ...changes } = asked
    if (changes.pretrainedId !== undefined) throw unprocessable('pretrainedId', 'cannot be changed')
    if (changes.question !== undefined && tracker.kind !== 'question') {
      throw unprocessable('question', 'only a question tracker has one of its own')
    }
    const given = Object.fromEntries(
      Object.entries(changes).filter(([, value]) => value !== undefined),
    )
    const definition = { ...tracker.definition, ...given }
    const isNew = isNewVersion(tracker.definition, definition)
    const changed = {
      ...tracker,
      name: name ?? tracker.name,
      teamId: teamId === undefined ? tracker.teamId : teamId,
      definition,
      version: tracker.version + (isNew ? 1 : 0),
    }
    if (isNew) {
      await store.insertVersion(tx, caller.companyNo, changed, now)
      // What is left of the old version's history is not worth reading any more.
      await turnBackfills(tx, caller.companyNo, id, ['running', 'stopped'], 'cancelled', now)
    }
    await store.updateTracker(tx, caller.companyNo, changed)
    const said = ({ name, version, definition }: Tracker) => ({ name, version, definition })
    await recordAudit(
      tx,
      caller,
      'tracker.change',
      { type: 'tracker', id },
      said(tracker),
      said(changed),
    )
    return changed
  })
}

/** Deletes a tracker and its results; refused while something stands on it. What was charged stays charged. */
export async function removeTracker(deps: TrackerDeps, caller: Caller, id: string): Promise<void> {
  requireScope(caller, 'trackers:write')
  await deps.db.company(caller.companyNo, async (tx) => {
    const tracker = await lockTracker(tx, caller, id)
    const usedBy = await deps.usesOf(tx, caller.companyNo, id)
    if (usedBy.length) {
      const names = usedBy.map((use) => `${use.type} ${JSON.stringify(use.name)}`).join(', ')
      throw new Problem('conflict', `The tracker is used by ${names}.`, { usedBy })
    }
    await store.deleteTracker(tx, caller.companyNo, id)
    await recordAudit(
      tx,
      caller,
      'tracker.delete',
      { type: 'tracker', id },
      { name: tracker.name },
      null,
    )
  })
}

export async function lockTracker(tx: Tx, caller: Caller, id: string): Promise<Tracker> {
  const tracker = await store.lockTracker(tx, caller.companyNo, id)
  if (!tracker) throw notFound('tracker', id)
  return tracker
}

function presetOf(id: string | null | undefined) {
  const preset = id ? findPretrained(id) : undefined
  if (!preset)
    throw unprocessable(
      'pretrainedId',
      `there is no pretrained tracker ${JSON.stringify(id ?? '')}`,
    )
  return preset
}
