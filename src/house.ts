import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { createModel } from './ai/create.ts'
import { createLocal } from './ai/local.ts'
import type { Model } from './ai/model.ts'
import type { AlertDeps } from './alerts/service/deps.ts'
import { alertsOnErasure } from './alerts/service/erase.ts'
import { openInvitationMails } from './alerts/service/invitation-mail.ts'
import { alertCompanion, openEmit } from './alerts/service/raise.ts'
import { answersOnErasure } from './ask/service/erase.ts'
import { automationsOfBrief, automationsUsing } from './automations/service/define.ts'
import type { Delivery } from './automations/service/deps.ts'
import { automationsOnArrival, automationsOnTracker } from './automations/service/listen.ts'
import { briefsUsing } from './briefs/service/define.ts'
import { briefsOnErasure } from './briefs/service/read.ts'
import { openBudgets } from './budgets/service/companion.ts'
import { coverOf } from './budgets/service/cover.ts'
import { chargesOnErasure } from './charges/service/erase.ts'
import { onPoolEvents } from './charges/service/pool-events.ts'
import { openRuleBook } from './charges/service/rules.ts'
import { authenticate } from './companies/service/authenticate.ts'
import { type KeyRing, openKeyRing } from './companies/service/key-ring.ts'
import type { SessionLimits } from './companies/session.ts'
import type { AiConfig } from './config.ts'
import { hasContract } from './contracts/service.ts'
import type { Imports } from './conversations/deps.ts'
import type { ItemType } from './conversations/items.ts'
import { openImporter } from './conversations/service/imports.ts'
import { startWatch } from './doctor/service.ts'
import { addRoutes, tasksOf } from './doors.ts'
import { credentialsOf, operatorCheck } from './http/credentials.ts'
import { keptAnswersOnErasure } from './http/erase-answers.ts'
import { openPace } from './http/rate-limits.ts'
import { createServer } from './http/server.ts'
import { runOutWith } from './insight/service/forecast.ts'
import { openUsageRollUp, recountUsage, spansOfUse, usedSince } from './insight/service/roll-up.ts'
import type { CompanyNo } from './kit/caller.ts'
import { type Ledger, openLedger, openPool, raiseEpoch } from './ledger/service/ledger.ts'
import { startRounds } from './ledger/service/rounds.ts'
import type { MailboxDeps } from './mailboxes/service/deps.ts'
import { startFollowing } from './mailboxes/service/follow.ts'
import { serveMcpOnStdio } from './mcp/stdio.ts'
import { openServers } from './oauth/service/servers.ts'
import type { App } from './platform/app.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { connectionSettings, type Database, openDatabase, type Tx } from './platform/database.ts'
import { checkServingRole } from './platform/guard.ts'
import { openFolder } from './platform/imap.ts'
import { listen } from './platform/listen.ts'
import { createLog, type Logger } from './platform/log.ts'
import { openMailer } from './platform/mail.ts'
import { createMetrics, type Metrics } from './platform/metrics.ts'
import { missingMigrations } from './platform/migrate.ts'
import { openOutbound, type Resolve } from './platform/outbound.ts'
import { checkServer } from './platform/postgres-settings.ts'
import { openQueue, type Queue } from './platform/queue.ts'
import { runIn } from './platform/run.ts'
import { openSecretBox } from './platform/secret-box.ts'
import type { StreamNotice } from './streams/service/deps.ts'
import { streamsOnArrival, streamsOnTracker } from './streams/service/entries.ts'
import { followersOf, streamsUsing } from './streams/service/read.ts'
import { trackerPricer } from './trackers/routes/price.ts'
import {
  forgetOnErasure,
  poolListener,
  priceOnArrival,
  wakeOnArrival,
} from './trackers/service/arrivals.ts'
import type { TrackerDeps } from './trackers/service/deps.ts'

/** What a house is made from. */
export interface HouseSettings {
  /** The owner's connection URL of a migrated database. */
  databaseUrl: string
  databasePool: number
  operatorKey: string
  publicUrl: string | undefined
  sessions: SessionLimits
  ai: AiConfig
  /** Undefined: mail is kept and shown in the app. */
  mail?: { smtpUrl: string; from: string } | undefined
  /** Whether webhooks may use http and private addresses; they may not unless said so. */
  outboundPrivate?: boolean
  /** Whose `X-Forwarded-For` is believed; nobody's unless given. */
  trustedProxies?: readonly string[]
  /** MCP requests a minute from one key or connection; 240 unless given. */
  mcpPerMinute?: number
  /** Requests a second from one credential; as many as it likes unless given. */
  requestsPerSecond?: number
  /** Where imports wait while they are read. */
  spoolDir: string
  /** What passwords of others are sealed with; the operator's key unless given. */
  secretKey?: string | undefined
}

/** What tests put in place of the real thing. */
export interface HouseOverrides {
  clock?: Clock
  log?: Logger
  checkAnswers?: boolean
  model?: Model
  /** How the names of webhooks are looked up. */
  resolve?: Resolve
}

/** Every dependency of the product, wired. */
export interface House {
  app: App
  ledger: Ledger
  /** Works from now on: so many jobs at once, and what the ledger does by itself. */
  startWork(concurrency: number): Promise<void>
  db: Database
  queue: Queue
  keys: KeyRing
  metrics: Metrics
  clock: Clock
  log: Logger
  /** Speaks MCP on standard input and output for a key, until the input ends. */
  serveMcp(key: string): Promise<void>
  /** Says not ready from now on, so that a balancer sends no more requests. */
  drain(): void
  /** Finishes what is under way, then lets go of everything. */
  close(): Promise<void>
}

/** Makes every dependency and wires it; with `main.ts` the only one who does. */
export async function openHouse(
  settings: HouseSettings,
  overrides: HouseOverrides = {},
): Promise<House> {
  const { clock = systemClock, log = createLog('info'), checkAnswers = false } = overrides
  const { databaseUrl: url, databasePool: connections } = settings
  let draining = false
  // The server may end the last connections before their goodbyes arrive.
  const onError = (error: Error) => {
    if (!draining) log.warn({ reason: error.message }, 'Lost a connection')
  }
  const db = openDatabase({ url, connections, onError })
  try {
    await checkServer(db.pool)
    await checkServingRole(db.pool)
  } catch (error) {
    await db.close()
    throw error
  }
  const metrics = createMetrics()
  const queue = openQueue({ url, log })
  const connection = connectionSettings(url, 1)
  const keys = openKeyRing({
    ...{ db, clock, log },
    listen: (onMessage) => listen({ connection, channel: 'integration_changed', onMessage, log }),
  })
  const emit = openEmit({ clock })
  const budgets = { usedSince, emit }
  const companions = [
    ...[openUsageRollUp(), openBudgets(budgets), alertCompanion({ clock })],
    onPoolEvents(poolListener),
  ]
  const ledger = openLedger({
    db,
    clock,
    log,
    connection: connection as pg.ClientConfig,
    companions,
  })
  const rules = openRuleBook({ db })
  const money = {
    db,
    clock,
    log,
    metrics,
    queue,
    keys,
    ledger,
    rules,
    openPool,
    raiseEpoch,
    hasContract,
    recountUsage,
    spansOfUse,
    budgets,
  }
  const freeModel = createLocal()
  const trackers: TrackerDeps = {
    ...money,
    model: overrides.model ?? createModel(settings.ai),
    freeModel,
    emit: async (run, companyNo, event) => {
      await Promise.all([
        streamsOnTracker(run, companyNo, event),
        automationsOnTracker(run, companyNo, event),
        event.kind === 'tracker-found' || emit(run, companyNo, event),
      ])
    },
    usesOf: async (...asked) =>
      (
        await Promise.all([
          streamsUsing(...asked),
          briefsUsing(...asked),
          automationsUsing(...asked),
        ])
      ).flat(),
    budgetLeft: (tx, companyNo, asked) => coverOf({ clock, budgets }, tx, companyNo, asked),
    runOut: (tx, companyNo, more) => runOutWith({ clock }, tx, companyNo, more),
    readsAtOnce: 64,
  }
  const priceTracker = trackerPricer(trackers)
  const imports: Imports = {
    ...{ db, clock, spoolDir: settings.spoolDir },
    arrivals: [wakeOnArrival(), streamsOnArrival(), automationsOnArrival()],
    erasures: [
      forgetOnErasure(),
      alertsOnErasure(),
      answersOnErasure({ clock }),
      briefsOnErasure(),
      chargesOnErasure(),
      keptAnswersOnErasure(),
    ],
    priceArrivals: priceOnArrival(trackers),
    onError: (error) => log.error({ err: error }, 'An import failed'),
  }
  const importer = openImporter(imports)
  const isHttps = settings.publicUrl?.startsWith('https:') ?? false
  const publicUrl = settings.publicUrl ?? ''
  const features = {
    usesOfBrief: automationsOfBrief,
    deliver: (tx: Tx, companyNo: CompanyNo, delivery: Delivery) =>
      emit(runIn(tx), companyNo, { kind: 'brief-delivered', ...delivery }),
    notify: (tx: Tx, companyNo: CompanyNo, entry: StreamNotice) =>
      emit(runIn(tx), companyNo, { kind: 'stream-entry', ...entry }),
    urlOf: (type: ItemType, id: string) => `${publicUrl}/${type}s/${encodeURIComponent(id)}`,
  }
  const { mail, outboundPrivate: allowPrivate = false } = settings
  const { resolve } = overrides
  const alerts: AlertDeps = {
    ...{ db, clock, log, followersOf, publicUrl: settings.publicUrl },
    mailer: mail && openMailer(mail),
    outbound: openOutbound({ allowPrivate, ...(resolve ? { resolve } : {}) }),
  }
  const mailboxes: MailboxDeps = {
    ...{ ...imports, log, outbound: alerts.outbound, openFolder },
    secrets: openSecretBox(settings.secretKey ?? settings.operatorKey),
  }
  const readDocument = async (url: string) => {
    const found = await alerts.outbound.read(url)
    if (found === 'busy') throw new Error('enough others are being read')
    return found
  }
  const wayIn = {
    sessions: settings.sessions,
    mailInvitation: openInvitationMails(alerts),
    oauthServerAt: openServers({ db, clock, keys, log, readDocument }),
    mcpPerMinute: settings.mcpPerMinute ?? 240,
  }
  const deps = {
    ...{
      ...mailboxes,
      ...alerts,
      ...trackers,
      ...money,
      ...imports,
      ...features,
      importer,
      isHttps,
      priceTracker,
    },
    ...wayIn,
  }
  queue.setTasks(tasksOf(deps))
  metrics.gauge('queue_jobs', 'Jobs that wait or run', () => queue.size())

  const app = await createServer({
    ...{ db, log, metrics, checkAnswers },
    authenticate: (request) => authenticate(deps, credentialsOf(request)),
    requireOperator: operatorCheck(settings.operatorKey),
    faults: async () => (draining ? ['It is shutting down.'] : faultsOf(db, queue, log)),
    isHttps,
    trustedProxies: settings.trustedProxies ?? [],
    pace: openPace(settings.requestsPerSecond ?? 0),
    routes: (server) => addRoutes(server, deps),
  })
  let stopRounds = async () => {}
  let stopFollowing = async () => {}
  let stopWatch = async () => {}
  return {
    ...{ app, ledger, db, queue, keys, metrics, clock, log },
    serveMcp: (key) => serveMcpOnStdio(deps, key),
    async startWork(concurrency) {
      await queue.startWorkers(concurrency)
      stopRounds = startRounds({ db, ledger, clock, log })
      stopFollowing = startFollowing(mailboxes)
      stopWatch = startWatch({ databaseUrl: url, log, metrics })
    },
    drain() {
      draining = true
    },
    async close() {
      draining = true
      await Promise.all([
        ...[stopRounds(), stopFollowing(), stopWatch()],
        ...[queue.stop(), app.close()],
      ])
      await importer.close()
      await keys.close()
      await ledger.close()
      await db.close()
    },
  }
}

/** How long the database may take to say that it is there: a network that swallows everything never says no. */
const READY_MS = 3_000

async function silence(afterMs: number): Promise<never> {
  await sleep(afterMs, undefined, { ref: false })
  throw new Error(`it has said nothing for ${afterMs} ms`)
}

/** What keeps this process from serving. */
async function faultsOf(db: Database, queue: Queue, log: Logger): Promise<string[]> {
  try {
    const missing = await Promise.race([missingMigrations(db.pool), silence(READY_MS)])
    return [
      ...missing.map((name) => `The database lacks the migration ${name}.`),
      ...(queue.isWorking ? [] : ['The workers do not run.']),
    ]
  } catch (error) {
    log.warn({ reason: (error as Error).message }, 'The database cannot be reached')
    return ['The database cannot be reached.']
  }
}
