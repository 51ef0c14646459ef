import { z } from 'zod'
import { listOf, text, timeOut } from '../platform/shapes.ts'
import { existings, tlsKinds } from './mailbox.ts'

const fields = {
  host: text(253).regex(/^[\w.:-]+$/, { error: 'must be a host name or an IP address' }),
  port: z.number().int().min(1).max(65_535),
  tls: z.enum(tlsKinds).meta({
    description:
      '`implicit` (port 993), `starttls` (port 143), or `none`, which only an installation that allows private addresses takes.',
  }),
  user: text(320),
  password: text(1_000).meta({ description: 'Kept sealed and never shown.' }),
  folder: text(500),
  everySeconds: z.number().int().min(10).max(86_400).meta({
    description: 'How often it is looked into; 60 unless given.',
  }),
  enabled: z.boolean(),
}

export const NewMailbox = z
  .strictObject({
    ...fields,
    port: fields.port.optional(),
    tls: fields.tls.default('implicit'),
    folder: fields.folder.default('INBOX'),
    everySeconds: fields.everySeconds.default(60),
    enabled: fields.enabled.default(true),
    existing: z.enum(existings).default('history').meta({
      description:
        'Of the mail that is there already: brought in as history (starts nothing), as new, or left out.',
    }),
  })
  .meta({ id: 'NewMailbox' })
export type NewMailbox = z.infer<typeof NewMailbox>

export const MailboxChange = z.strictObject(fields).partial().meta({ id: 'MailboxChange' })
export type MailboxChange = z.infer<typeof MailboxChange>

const { password: _, ...shown } = fields

export const Mailbox = z
  .object({
    id: z.string(),
    ...shown,
    existing: z.enum(existings),
    status: z.enum(['waiting', 'following', 'failing', 'off']),
    error: z.string().nullable().meta({ description: 'Why it fails.' }),
    failingSince: timeOut.nullable(),
    checkedAt: timeOut.nullable().meta({ description: 'When it last went well.' }),
    nextCheckAt: timeOut.nullable(),
    imported: z.number().int(),
    rejectedCount: z.number().int(),
    rejected: z
      .array(z.object({ uid: z.number().int(), error: z.string() }))
      .meta({ description: 'The last 100, by their UID in the folder.' }),
    createdAt: timeOut,
  })
  .meta({ id: 'Mailbox' })

export const Mailboxes = listOf(Mailbox)
