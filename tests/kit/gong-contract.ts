import { expect } from 'vitest'
import { z } from 'zod'
import type { Answer } from './house.ts'

// The answers of the /v2 doors, written from the contract and not from the code: what a client of that API
// relies on. Fields may be added, so objects are loose.

const id = z.string().regex(/^[1-9]\d{0,18}$/)
const time = z.iso.datetime({ offset: true })
const object = z.looseObject

const records = object({
  totalRecords: z.int().min(1),
  currentPageSize: z.int().min(1).max(100),
  currentPageNumber: z.int().min(0),
  cursor: z.string().min(1).optional(),
})

const list = { requestId: z.string().min(1), records }

const call = object({
  id,
  url: z.string().min(1),
  title: z.string(),
  scheduled: time,
  started: time,
  duration: z.int().min(0),
  primaryUserId: id.nullable(),
  direction: z.enum(['Inbound', 'Outbound', 'Conference', 'Unknown']),
  system: z.string(),
  scope: z.enum(['Internal', 'External', 'Unknown']),
  media: z.enum(['Video', 'Audio']),
  language: z.string(),
  workspaceId: id,
  clientUniqueId: z.string(),
  isPrivate: z.boolean(),
})

const user = object({
  id,
  emailAddress: z.string(),
  created: time,
  active: z.boolean(),
  firstName: z.string(),
  lastName: z.string(),
})

const tracker = object({
  id,
  name: z.string(),
  count: z.int().min(0),
  type: z.enum(['KEYWORD', 'SMART']),
  occurrences: z
    .array(object({ startTime: z.number().min(0).nullable(), speakerId: id }))
    .optional(),
})

const findings = {
  callFindings: z.array(
    object({ call: object({ id, title: z.string(), started: time, url: z.string().min(1) }) }),
  ),
  emailFindings: z.array(
    object({ emails: z.array(object({ id, title: z.string(), sentDateTime: time })) }),
  ),
}
const searched = { numOfCallsSearched: z.int(), numOfEmailsSearched: z.int() }

export const contract = {
  error: object({ requestId: z.string().min(1), errors: z.array(z.string().min(1)).min(1) }),
  calls: object({ ...list, calls: z.array(call).min(1) }),
  call: object({ requestId: z.string(), call }),
  made: object({ requestId: z.string(), callId: id }),
  extensive: object({
    ...list,
    calls: z
      .array(
        object({
          metaData: call,
          context: z
            .array(
              object({
                system: z.string(),
                objects: z.array(
                  object({ objectType: z.enum(['Opportunity', 'Account']), objectId: z.string() }),
                ),
              }),
            )
            .optional(),
          parties: z
            .array(
              object({
                id,
                emailAddress: z.string().nullable(),
                name: z.string().nullable(),
                userId: id.nullable(),
                speakerId: id,
                affiliation: z.enum(['Internal', 'External', 'Unknown']),
              }),
            )
            .optional(),
          content: object({ trackers: z.array(tracker).optional() }).optional(),
          interaction: object({
            speakers: z.array(object({ id, talkTime: z.number().min(0) })).optional(),
          }).optional(),
        }),
      )
      .min(1),
  }),
  transcripts: object({
    ...list,
    callTranscripts: z
      .array(
        object({
          callId: id,
          transcript: z.array(
            object({
              speakerId: id,
              topic: z.string().nullable(),
              sentences: z
                .array(
                  object({ start: z.int().min(0), end: z.int().min(0), text: z.string().min(1) }),
                )
                .min(1),
            }),
          ),
        }),
      )
      .min(1),
  }),
  users: object({ ...list, users: z.array(user).min(1) }),
  user: object({ requestId: z.string(), user }),
  workspaces: object({
    requestId: z.string(),
    workspaces: z.tuple([object({ id, name: z.string() })]),
  }),
  trackers: object({
    requestId: z.string(),
    keywordTrackers: z
      .array(
        object({
          trackerId: id,
          trackerName: z.string(),
          workspaceId: id,
          languageKeywords: z.array(
            object({ language: z.string().length(3), keywords: z.array(z.string()) }),
          ),
          affiliation: z.enum(['Anyone', 'Company', 'NonCompany']),
          saidAt: z.enum(['Anytime', 'First', 'Last']),
          created: time,
        }),
      )
      .min(1),
  }),
  briefs: object({
    requestId: z.string(),
    briefs: z
      .array(
        object({
          briefId: id,
          briefName: z.string(),
          workspaceId: id,
          status: z.enum(['Published', 'Not published']),
          created: time,
          updated: time,
        }),
      )
      .min(1),
  }),
  answer: object({
    requestId: z.string(),
    ...searched,
    answer: z.array(object({ answerItems: z.array(z.string()), ...findings })).nullable(),
  }),
  brief: object({
    requestId: z.string(),
    ...searched,
    briefSections: z
      .array(
        object({
          title: z.string(),
          sectionSummary: z.array(z.string()),
          briefSectionType: z.enum(['Conversations', 'Web', 'CrmOrGongData', 'McpConnection']),
          conversationFindings: object(findings),
        }),
      )
      .nullable(),
  }),
}

/** The body of a success, once it was seen to fit the contract. */
export function fitting<Name extends keyof typeof contract>(
  name: Name,
  answer: Answer,
): z.infer<(typeof contract)[Name]> {
  expect(answer.status, answer.text).toBeLessThan(300)
  expect(answer.headers['content-type']).toContain('application/json')
  return contract[name].parse(answer.body) as z.infer<(typeof contract)[Name]>
}

/** Expects a refusal in the shape of these doors. */
export function expectRefusal(answer: Answer, status: number): string[] {
  expect(answer.status, answer.text).toBe(status)
  expect(answer.headers['content-type']).toContain('application/json')
  const { requestId, errors } = contract.error.parse(answer.body)
  expect(requestId).toBe(answer.headers['x-request-id'])
  return errors
}
