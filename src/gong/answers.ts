import { z } from 'zod'
import { timeOut } from '../platform/shapes.ts'

// What the /v2 doors answer. What is not known here is null or an empty list.

const requestId = z.string()
const unknown = z.null()
const none = z.array(z.never())

const records = z.object({
  totalRecords: z.int(),
  currentPageSize: z.int(),
  currentPageNumber: z.int(),
  cursor: z.string().optional(),
})

const call = z
  .object({
    id: z.string(),
    url: z.string(),
    title: z.string(),
    scheduled: timeOut,
    started: timeOut,
    duration: z.int().meta({ description: 'Whole seconds.' }),
    primaryUserId: z.string().nullable(),
    direction: z.enum(['Inbound', 'Outbound', 'Conference', 'Unknown']),
    system: z.string(),
    scope: z.enum(['Internal', 'External', 'Unknown']),
    media: z.literal('Audio'),
    language: z.string(),
    workspaceId: z.string(),
    sdrDisposition: unknown,
    clientUniqueId: z.string(),
    customData: unknown,
    purpose: unknown,
    meetingUrl: unknown,
    isPrivate: z.boolean(),
    calendarEventId: unknown,
  })
  .meta({ id: 'GongCall' })

const context = z.object({
  system: z.string(),
  objects: z.array(
    z.object({
      objectType: z.enum(['Account', 'Opportunity']),
      objectId: z.string(),
      fields: z.array(z.object({ name: z.string(), value: z.string() })),
      timing: z.literal('Now'),
    }),
  ),
})

const party = z.object({
  id: z.string(),
  emailAddress: z.string().nullable(),
  name: z.string().nullable(),
  title: unknown,
  userId: z.string().nullable(),
  speakerId: z.string(),
  context: none,
  affiliation: z.enum(['Internal', 'External']),
  phoneNumber: unknown,
  methods: z.array(z.literal('Attendee')),
})

const trackerHits = z.object({
  id: z.string(),
  name: z.string(),
  count: z.int(),
  type: z.enum(['KEYWORD', 'SMART']),
  occurrences: z
    .array(z.object({ startTime: z.number().nullable(), speakerId: z.string() }))
    .optional()
    .meta({ description: 'startTime is in seconds.' }),
  phrases: none,
})

export const Calls = z.object({ requestId, records, calls: z.array(call) })
export const OneCall = z.object({ requestId, call })
export const CallMade = z.object({ requestId, callId: z.string(), url: z.string() })

export const ExtensiveCalls = z.object({
  requestId,
  records,
  calls: z.array(
    z.object({
      metaData: call,
      context: z.array(context).optional(),
      parties: z.array(party).optional(),
      content: z.object({ trackers: z.array(trackerHits) }).optional(),
      interaction: z
        .object({
          speakers: z
            .array(
              z.object({ id: z.string(), userId: z.string().nullable(), talkTime: z.number() }),
            )
            .optional(),
          questions: z.object({ companyCount: z.int(), nonCompanyCount: z.int() }).optional(),
        })
        .optional(),
      collaboration: z.object({ publicComments: none }).optional(),
    }),
  ),
})

export const Transcripts = z.object({
  requestId,
  records,
  callTranscripts: z.array(
    z.object({
      callId: z.string(),
      transcript: z.array(
        z.object({
          speakerId: z.string(),
          topic: unknown,
          sentences: z
            .array(z.object({ start: z.int(), end: z.int(), text: z.string() }))
            .meta({ description: 'start and end are in milliseconds.' }),
        }),
      ),
    }),
  ),
})

const user = z
  .object({
    id: z.string(),
    emailAddress: z.string(),
    created: timeOut,
    active: z.literal(true),
    emailAliases: none,
    trustedEmailAddress: unknown,
    firstName: z.string(),
    lastName: z.string(),
    title: unknown,
    phoneNumber: unknown,
    extension: unknown,
    personalMeetingUrls: none,
    settings: z.object({}),
    managerId: unknown,
    meetingConsentPageUrl: unknown,
    spokenLanguages: none,
  })
  .meta({ id: 'GongUser' })

export const Users = z.object({ requestId, records, users: z.array(user) })
export const OneUser = z.object({ requestId, user })

export const Workspaces = z.object({
  requestId,
  records,
  workspaces: z.array(z.object({ id: z.string(), name: z.string(), description: unknown })),
})

export const Trackers = z.object({
  requestId,
  records,
  keywordTrackers: z.array(
    z.object({
      trackerId: z.string(),
      trackerName: z.string(),
      workspaceId: z.string(),
      languageKeywords: z.array(
        z.object({
          language: z.literal('mul'),
          keywords: z.array(z.string()),
          includeRelatedForms: z.literal(false),
        }),
      ),
      affiliation: z.enum(['Anyone', 'Company', 'NonCompany']),
      partOfQuestion: z.literal(false),
      saidAt: z.enum(['Anytime', 'First', 'Last']),
      saidAtInterval: z.number().nullable(),
      saidAtUnit: z.enum(['minutes', 'percent']).nullable(),
      saidInTopics: none,
      filterQuery: z.string(),
      created: timeOut,
      creatorUserId: z.string().nullable(),
      updated: timeOut,
      updaterUserId: z.string().nullable(),
    }),
  ),
})

export const Briefs = z.object({
  requestId,
  records,
  briefs: z.array(
    z.object({
      briefId: z.string(),
      briefName: z.string(),
      workspaceId: z.string(),
      description: unknown,
      status: z.enum(['Published', 'Not published']),
      creator: z.string().nullable(),
      creatorUserId: z.string().nullable(),
      created: timeOut,
      updated: timeOut,
    }),
  ),
})

const findings = {
  callFindings: z.array(
    z.object({
      call: z.object({ id: z.string(), title: z.string(), started: timeOut, url: z.string() }),
    }),
  ),
  emailFindings: z.array(
    z.object({
      emails: z.array(z.object({ id: z.string(), title: z.string(), sentDateTime: timeOut })),
    }),
  ),
}

const searched = { numOfCallsSearched: z.int(), numOfEmailsSearched: z.int() }

export const EntityAnswer = z
  .object({
    requestId,
    ...searched,
    answer: z.array(z.object({ answerItems: z.array(z.string()), ...findings })).nullable(),
  })
  .meta({ id: 'GongAnswer' })

export const EntityBrief = z
  .object({
    requestId,
    ...searched,
    briefSections: z
      .array(
        z.object({
          title: z.string(),
          sectionSummary: z.array(z.string()),
          briefSectionType: z.enum(['Conversations', 'CrmOrGongData']),
          conversationFindings: z.object(findings),
        }),
      )
      .nullable(),
  })
  .meta({ id: 'GongBrief' })
