import { z } from 'zod'
import { id, listOf, text, time, timeOut } from '../platform/shapes.ts'
import { runStatuses } from './connector.ts'

const secret = text(2_000)

const Credential = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('basic'),
      accessKey: text(500).regex(/^[^:]+$/, { error: 'must not have a colon' }),
      accessKeySecret: secret,
    }),
    z.strictObject({ kind: z.literal('bearer'), token: secret.regex(/^\S+$/) }),
  ])
  .meta({
    description: 'How the other server is told who asks. It is kept sealed and never shown.',
  })

const baseUrl = text(2_000).meta({
  description: 'Where the other server is, as https://us-1.api.gong.io; without /v2.',
})
const importAs = z.enum(['history', 'new']).meta({
  description:
    'history: what comes in starts no tracker and costs nothing. new: calls that begin from now on come in as new ones, which published trackers read and charge.',
})
const everyMinutes = z
  .int()
  .min(5)
  .max(10_080)
  .nullable()
  .meta({ description: 'How often it is synced by itself; null: only by hand.' })

export const NewConnector = z.strictObject({
  name: text(200),
  baseUrl,
  credential: Credential,
  importAs: importAs.default('history'),
  since: time
    .optional()
    .meta({ description: 'Calls that began before are left alone; 90 days ago unless given.' }),
  everyMinutes: everyMinutes.default(60),
  enabled: z.boolean().default(true),
})

export const ConnectorChange = z.strictObject({
  name: text(200).optional(),
  baseUrl: baseUrl.optional(),
  credential: Credential.optional(),
  importAs: importAs.optional(),
  everyMinutes: everyMinutes.optional(),
  enabled: z.boolean().optional(),
})

export const Connector = z
  .object({
    id,
    name: z.string(),
    baseUrl: z.string(),
    credential: z.object({ kind: z.enum(['basic', 'bearer']) }),
    importAs: z.enum(['history', 'new']),
    newFrom: timeOut.nullable(),
    since: timeOut,
    everyMinutes: z.int().nullable(),
    enabled: z.boolean(),
    syncedTo: timeOut.nullable().meta({ description: 'Calls that began before this are in.' }),
    nextAt: timeOut.nullable(),
    createdAt: timeOut,
  })
  .meta({ id: 'Connector' })
export const Connectors = listOf(Connector)

export const SyncRun = z
  .object({
    id,
    cause: z.enum(['schedule', 'hand']),
    status: z.enum(runStatuses),
    startedAt: timeOut,
    endedAt: timeOut.nullable(),
    users: z.int(),
    calls: z.int(),
    transcripts: z.int(),
    rejectedCount: z.int(),
    rejected: z
      .array(z.object({ id: z.string(), error: z.string() }))
      .meta({ description: 'The first hundred, by the ids of the other server.' }),
    error: z.string().nullable().meta({ description: 'Why it failed, or what it waits for.' }),
  })
  .meta({ id: 'SyncRun' })
export const SyncRuns = listOf(SyncRun)
