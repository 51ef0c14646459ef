import { z } from 'zod'
import { timePeriods } from '../ask/period.ts'
import { checkPeriod } from '../ask/shapes.ts'
import { address } from '../conversations/shapes.ts'
import { id, text, time } from '../platform/shapes.ts'

// What clients of the /v2 doors send. Fields that are not read here are accepted, as clients of that API expect.

/** A number or its text: clients have both. */
export const workspaceId = z
  .union([text(40), z.int()])
  .transform(String)
  .optional()
  .meta({ description: 'The one workspace of the company, as a number or a text.' })

const cursor = text(500).optional().meta({ description: 'As the page before gave it.' })

const range = {
  fromDateTime: time.optional(),
  toDateTime: time.optional().meta({ description: 'Not included.' }),
}

export const CallQuestion = z.object({ ...range, workspaceId, cursor })
export const PageQuestion = z.object({ workspaceId, cursor })
export const UserQuestion = z.object({ cursor })
export const WorkspaceQuestion = z.object({ workspaceId })

const callFilter = z.object({
  ...range,
  workspaceId,
  callIds: z.array(id).max(10_000).optional(),
  primaryUserIds: z.array(id).max(10_000).optional(),
})

const flag = z.boolean().optional()

export const ExtensiveQuestion = z.object({
  cursor,
  filter: callFilter,
  contentSelector: z
    .object({
      context: z.enum(['None', 'Basic', 'Extended']).optional(),
      exposedFields: z
        .object({
          parties: flag,
          content: z.object({ trackers: flag, trackerOccurrences: flag }).optional(),
          interaction: z.object({ speakers: flag, questions: flag }).optional(),
          collaboration: z.object({ publicComments: flag }).optional(),
        })
        .optional(),
    })
    .optional(),
})
export type Selector = z.infer<typeof ExtensiveQuestion>['contentSelector']

export const TranscriptQuestion = z.object({
  cursor,
  filter: callFilter.omit({ primaryUserIds: true }),
})

const SECONDS_MAX = 7 * 24 * 3600
const ms = z
  .number()
  .min(0)
  .max(SECONDS_MAX * 1_000)

const party = z.object({
  partyId: text(200).nullish(),
  name: text(300, 0).nullish(),
  emailAddress: address.nullish(),
  userId: id.nullish().meta({ description: 'The user this party is.' }),
})

export const NewCall = z
  .object({
    actualStart: time,
    clientUniqueId: id.meta({
      description: "The caller's own id of the call; a second time: 409.",
    }),
    direction: z.enum(['Inbound', 'Outbound', 'Conference', 'Unknown']),
    parties: z.array(party).min(1).max(1_000),
    primaryUser: id.meta({ description: 'The user who hosted the call.' }),
    title: text(1_000).nullish(),
    duration: z.number().min(0).max(SECONDS_MAX).nullish().meta({ description: 'Seconds.' }),
    isPrivate: z.boolean().nullish(),
    workspaceId,
    transcript: z
      .array(
        z.object({
          speakerId: text(200).meta({ description: 'The partyId of a party.' }),
          sentences: z.array(z.object({ start: ms, end: ms, text: text(100_000, 0) })).max(100_000),
        }),
      )
      .max(100_000)
      .nullish()
      .meta({
        description:
          'An addition of ours: without it the call waits, is not read and costs nothing.',
      }),
  })
  .meta({ id: 'GongNewCall' })
export type NewCall = z.infer<typeof NewCall>

const entityQuestion = {
  workspaceId: workspaceId.unwrap(),
  crmEntityType: z.enum(['ACCOUNT', 'CONTACT', 'DEAL', 'LEAD']),
  crmEntityId: id.meta({ description: "The entity's externalId, else its id." }),
  timePeriod: z.enum(timePeriods),
  fromDateTime: time.optional().meta({ description: 'Of CUSTOM_RANGE.' }),
  toDateTime: time.optional().meta({ description: 'Of CUSTOM_RANGE; not included.' }),
}

/** Refuses a period that cannot be read. */
function checkRange(
  { timePeriod, fromDateTime: from, toDateTime: to }: EntityPeriod,
  context: Parameters<typeof checkPeriod>[1],
): void {
  checkPeriod({ timePeriod, from, to }, context)
}

type EntityPeriod = {
  timePeriod: (typeof timePeriods)[number]
  fromDateTime?: Date | undefined
  toDateTime?: Date | undefined
}

export const EntityQuestion = z
  .object({
    ...entityQuestion,
    question: text(2_000).refine((value) => value.trim() !== '', { error: 'must have words' }),
  })
  .superRefine(checkRange)
export const BriefQuestion = z
  .object({ ...entityQuestion, briefName: text(200) })
  .superRefine(checkRange)

/** The key under which a GET that costs credits is charged once. */
export const KeyHeader = z.looseObject({
  'idempotency-key': text(255, 0)
    .optional()
    .meta({ description: 'The same key with the same request has one effect and one answer.' }),
})
