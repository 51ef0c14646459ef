import { z } from 'zod'
import { id, text, time, timeOut } from '../platform/shapes.ts'
import { directions, itemScopes } from './items.ts'

// The shapes of calls and emails as they come in and go out. Faults that need the whole item (a sentence
// of somebody who is no party) are found in `changes.ts`, for single items and imports alike.

const DURATION_MAX = 7 * 24 * 3600
const PARTIES_MAX = 1_000
const SENTENCES_MAX = 200_000
const RECIPIENTS_MAX = 2_000

/** A mail address; kept in lower case, for that is how addresses are compared. */
export const address = text(320)
  .regex(/^[^\s@<>"(),;:\\[\]]+@[^\s@<>"(),;:\\[\]]+$/, { error: 'must be a mail address' })
  .transform((value) => value.toLowerCase())
  .meta({ description: 'A mail address.' })

const seconds = z.number().min(0).max(DURATION_MAX)

const partyIn = z.strictObject({
  id: text(200),
  name: text(300, 0).nullish(),
  email: address.nullish(),
  affiliation: z.enum(['company', 'customer']),
})

const sentence = z.strictObject({
  partyId: text(200),
  startSeconds: seconds.optional(),
  endSeconds: seconds.optional(),
  text: text(100_000, 0),
})

const links = {
  accountId: id.nullish().meta({ description: 'The account; null: as the rules find it.' }),
  dealId: id.nullish().meta({ description: 'The deal; null: as the rules find it.' }),
}

const call = {
  title: text(1_000),
  startedAt: time.nullish().meta({ description: 'Now, unless given.' }),
  durationSeconds: seconds.meta({
    description: 'The duration that counts is the larger of this and the end of the last sentence.',
  }),
  direction: z.enum(directions).optional().meta({ description: '`unknown` unless given.' }),
  scope: z.enum(itemScopes).optional().meta({ description: '`external` unless given.' }),
  private: z
    .boolean()
    .optional()
    .meta({ description: 'Seen by its parties only, read by nothing.' }),
  parties: z.array(partyIn).max(PARTIES_MAX),
  transcript: z.array(sentence).max(SENTENCES_MAX).nullish().meta({
    description: 'Until it is given, the call waits: it is not read and costs nothing.',
  }),
  ...links,
}

const mailbox = z.strictObject({ name: text(300, 0).nullish(), email: address })

const email = {
  messageId: text(1_000).nullish(),
  threadId: text(1_000).nullish(),
  sentAt: time,
  from: mailbox,
  to: z.array(mailbox).max(RECIPIENTS_MAX),
  cc: z.array(mailbox).max(RECIPIENTS_MAX).nullish(),
  subject: text(2_000, 0),
  body: text(5_000_000, 0),
  folders: z.array(text(500)).max(100).optional(),
  labels: z.array(text(200)).max(200).optional(),
  ...links,
}

const history = z
  .boolean()
  .optional()
  .meta({ description: 'Brought in as history: starts nothing.' })

export const NewCall = z
  .strictObject({ id: id.optional(), history, ...call })
  .meta({ id: 'NewCall' })
export type NewCall = z.infer<typeof NewCall>

export const CallChanges = z.strictObject(call).partial()
export type CallChanges = z.infer<typeof CallChanges>

export const NewEmail = z
  .strictObject({ id: id.optional(), history, ...email })
  .meta({ id: 'NewEmail' })
export type NewEmail = z.infer<typeof NewEmail>

export const EmailChanges = z.strictObject(email).partial()
export type EmailChanges = z.infer<typeof EmailChanges>

/** What a put answers: no content, nothing personal, so that remembered answers hold none. */
export const ItemPut = z
  .object({
    id: z.string(),
    created: z.boolean().meta({ description: 'False: an item that was there was changed.' }),
    arrivedAt: timeOut.nullable().meta({
      description:
        'When it could first be read; null while it waits for its transcript or is private.',
    }),
    durationSeconds: z.number().optional(),
    accountId: z.string().nullable(),
    dealId: z.string().nullable(),
  })
  .meta({ id: 'ItemPut' })

const partyOut = z.object({
  id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  affiliation: z.enum(['company', 'customer']),
})

const common = {
  id: z.string(),
  history: z.boolean(),
  accountId: z.string().nullable(),
  dealId: z.string().nullable(),
  createdAt: timeOut,
  updatedAt: timeOut,
  arrivedAt: timeOut.nullable(),
}

const callOut = {
  title: z.string(),
  startedAt: timeOut,
  durationSeconds: z.number(),
  direction: z.enum(directions),
  scope: z.enum(itemScopes),
  private: z.boolean(),
  hasTranscript: z.boolean(),
  parties: z.array(partyOut),
  ...common,
}

export const CallListed = z.object(callOut).meta({ id: 'CallListed' })
export const Call = z
  .object({ ...callOut, transcript: z.array(sentence).nullable() })
  .meta({ id: 'Call' })

const mailboxOut = z.object({ name: z.string().nullable(), email: z.string() })

const emailOut = {
  messageId: z.string().nullable(),
  threadId: z.string().nullable(),
  sentAt: timeOut,
  from: mailboxOut.extend({ affiliation: z.enum(['company', 'customer']) }),
  to: z.array(mailboxOut),
  cc: z.array(mailboxOut),
  subject: z.string(),
  direction: z.enum(directions),
  scope: z.enum(itemScopes),
  folders: z.array(z.string()),
  labels: z.array(z.string()),
  ...common,
}

export const EmailListed = z.object(emailOut).meta({ id: 'EmailListed' })
export const Email = z.object({ ...emailOut, body: z.string() }).meta({ id: 'Email' })
