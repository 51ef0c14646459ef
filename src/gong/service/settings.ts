import type { Caller } from '../../kit/caller.ts'
import { notFound } from '../../kit/problem.ts'
import type { Database } from '../../platform/database.ts'
import { idOf, meant } from '../ids.ts'
import type { Names } from '../names.ts'
import { pageOf } from '../records.ts'
import * as store from '../store.ts'
import { workspaceOf } from './surroundings.ts'

interface Deps {
  db: Database
}

interface Asked {
  workspaceId?: string | undefined
  cursor?: string | undefined
}

/** The company's members. */
export async function listUsers({ db }: Deps, caller: Caller, asked: Asked) {
  return db.snapshot(caller.companyNo, async (tx) => {
    const { names } = await workspaceOf(tx, caller)
    const found = await store.readUsers(tx, caller.companyNo)
    const { rows, records } = pageOf(found, 'users', asked.cursor)
    return { records, users: rows.map((user) => userOut(user, names)) }
  })
}

/** One member, by the alias or the own id. */
export async function readUser({ db }: Deps, caller: Caller, id: string) {
  return db.snapshot(caller.companyNo, async (tx) => {
    const { names } = await workspaceOf(tx, caller, { named: [id] })
    const users = await store.readUsers(tx, caller.companyNo)
    const own = meant(
      'user',
      id,
      users.map((user) => user.id),
    )
    const user = users.find((one) => one.id === own)
    if (!user) throw notFound('user', id)
    return userOut(user, names)
  })
}

/** The company's one workspace. */
export async function listWorkspaces({ db }: Deps, caller: Caller, asked: Asked) {
  return db.snapshot(caller.companyNo, async (tx) => {
    const { id, name } = await workspaceOf(tx, caller, asked)
    const { rows, records } = pageOf([{ id, name, description: null }], 'workspaces', undefined)
    return { records, workspaces: rows }
  })
}

/** The company's keyword trackers; those that ask questions are seen in the calls they found something in. */
export async function listKeywordTrackers({ db }: Deps, caller: Caller, asked: Asked) {
  return db.snapshot(caller.companyNo, async (tx) => {
    const { id: workspaceId, names } = await workspaceOf(tx, caller, asked)
    const found = await store.readKeywordTrackers(tx, caller.companyNo)
    const { rows, records } = pageOf(found, 'keyword trackers', asked.cursor)
    const keywordTrackers = rows.map((tracker) => trackerOut(tracker, workspaceId, names))
    return { records, keywordTrackers }
  })
}

/** The company's templates of briefs, published or not. */
export async function listBriefTemplates({ db }: Deps, caller: Caller, asked: Asked) {
  return db.snapshot(caller.companyNo, async (tx) => {
    const { id: workspaceId, names } = await workspaceOf(tx, caller, asked)
    const found = await store.readBriefTemplates(tx, caller.companyNo)
    const { rows, records } = pageOf(found, 'briefs', asked.cursor)
    const briefs = rows.map(({ id, name, status, createdBy, creator, ...times }) => ({
      briefId: idOf('brief', id, names),
      briefName: name,
      workspaceId,
      description: null,
      status: status === 'published' ? ('Published' as const) : ('Not published' as const),
      creator,
      creatorUserId: createdBy && idOf('user', createdBy, names),
      created: times.createdAt.toISOString(),
      updated: times.updatedAt.toISOString(),
    }))
    return { records, briefs }
  })
}

function userOut({ id, name, email, createdAt }: store.User, names: Names) {
  const words = name.trim().split(/\s+/)
  const lastName = words.length > 1 ? words.at(-1)! : ''
  const firstName = lastName ? words.slice(0, -1).join(' ') : name.trim()
  return {
    id: idOf('user', id, names),
    emailAddress: email,
    created: createdAt.toISOString(),
    active: true as const,
    emailAliases: [],
    trustedEmailAddress: null,
    ...{ firstName, lastName, title: null, phoneNumber: null, extension: null },
    personalMeetingUrls: [],
    settings: {},
    managerId: null,
    meetingConsentPageUrl: null,
    spokenLanguages: [],
  }
}

const affiliations = { anyone: 'Anyone', company: 'Company', customer: 'NonCompany' } as const

function trackerOut(tracker: store.KeywordTracker, workspaceId: string, names: Names) {
  const { keywords, side, part, filters } = tracker.definition
  const creatorUserId = tracker.createdBy && idOf('user', tracker.createdBy, names)
  return {
    trackerId: idOf('tracker', tracker.id, names),
    trackerName: tracker.name,
    workspaceId,
    // Ours are found in any language, as they are written.
    languageKeywords: [{ language: 'mul' as const, keywords, includeRelatedForms: false as const }],
    affiliation: affiliations[side],
    partOfQuestion: false as const,
    saidAt: part
      ? part.from === 'start'
        ? ('First' as const)
        : ('Last' as const)
      : ('Anytime' as const),
    saidAtInterval: part?.amount ?? null,
    saidAtUnit: part?.unit ?? null,
    saidInTopics: [],
    filterQuery: JSON.stringify(filters),
    created: tracker.createdAt.toISOString(),
    creatorUserId,
    updated: tracker.updatedAt.toISOString(),
    updaterUserId: null,
  }
}
