import { alertTasks } from './alerts/jobs.ts'
import { noticeRoutes } from './alerts/routes/notices.ts'
import { webhookRoutes } from './alerts/routes/webhooks.ts'
import type { AlertDeps } from './alerts/service/deps.ts'
import { askTasks } from './ask/jobs.ts'
import { askRoutes } from './ask/routes.ts'
import { automationTasks } from './automations/jobs.ts'
import { automationRoutes } from './automations/routes.ts'
import type { AutomationDeps } from './automations/service/deps.ts'
import { briefTasks } from './briefs/jobs.ts'
import { briefRoutes } from './briefs/routes.ts'
import { budgetRoutes } from './budgets/routes.ts'
import type { Deps as BudgetDeps } from './budgets/service/budgets.ts'
import { chargeRoutes } from './charges/routes/charges.ts'
import { grantRoutes } from './charges/routes/grants.ts'
import { holdRoutes } from './charges/routes/holds.ts'
import { ledgerRoutes } from './charges/routes/ledger.ts'
import { companyRoutes } from './companies/routes/companies.ts'
import { integrationRoutes } from './companies/routes/integrations.ts'
import { memberRoutes, teamRoutes } from './companies/routes/people.ts'
import { sessionRoutes } from './companies/routes/session.ts'
import type { MailInvitation } from './companies/service/invitations.ts'
import type { KeyRing } from './companies/service/key-ring.ts'
import type { SessionLimits } from './companies/session.ts'
import { connectorTasks } from './connectors/jobs.ts'
import { connectorRoutes } from './connectors/routes.ts'
import { contractRoutes } from './contracts/routes.ts'
import { conversationRoutes } from './conversations/routes.ts'
import type { Importer } from './conversations/service/imports.ts'
import { gongRoutes } from './gong/routes.ts'
import { forecastRoutes } from './insight/routes/forecast.ts'
import { reportRoutes } from './insight/routes/reports.ts'
import { usageRoutes } from './insight/routes/usage.ts'
import type { Deps as InsightDeps } from './insight/service/what-if.ts'
import type { CompanyNo } from './kit/caller.ts'
import type { raiseEpoch } from './ledger/service/ledger.ts'
import type { SpansOfUse } from './ledger/service/reads.ts'
import { mailboxRoutes } from './mailboxes/routes.ts'
import type { MailboxDeps } from './mailboxes/service/deps.ts'
import { mcpRoutes } from './mcp/routes.ts'
import { oauthRoutes } from './oauth/routes.ts'
import type { ServerAt } from './oauth/service/servers.ts'
import type { App } from './platform/app.ts'
import type { Tx } from './platform/database.ts'
import type { Metrics } from './platform/metrics.ts'
import type { Queue } from './platform/queue.ts'
import type { Task } from './platform/queue-job.ts'
import { ratingRoutes } from './rating/routes.ts'
import { streamTasks } from './streams/jobs.ts'
import { streamRoutes } from './streams/routes.ts'
import type { StreamDeps } from './streams/service/deps.ts'
import { testClockRoutes } from './test-clock/routes.ts'
import { trackerTasks } from './trackers/jobs.ts'
import { trackerResultRoutes } from './trackers/routes/results.ts'
import { trackerRoutes } from './trackers/routes/trackers.ts'
import type { TrackerDeps } from './trackers/service/deps.ts'

/** What the doors of all modules are given. */
export interface Wired
  extends AlertDeps,
    TrackerDeps,
    MailboxDeps,
    BudgetDeps,
    InsightDeps,
    StreamDeps,
    AutomationDeps {
  sessions: SessionLimits
  mailInvitation: MailInvitation
  oauthServerAt: ServerAt
  mcpPerMinute: number
  isHttps: boolean
  spansOfUse: SpansOfUse
  recountUsage: (tx: Tx, companyNo: CompanyNo) => Promise<void>
  importer: Importer
  metrics: Metrics
  queue: Queue
  keys: KeyRing
  openPool: (tx: Tx, companyNo: CompanyNo, testClock: Date | null) => Promise<void>
  hasContract: (tx: Tx, companyNo: CompanyNo) => Promise<boolean>
  raiseEpoch: typeof raiseEpoch
}

/** Adds every route of the product to a server. */
export function addRoutes(app: App, house: Wired): void {
  companyRoutes(app, house)
  sessionRoutes(app, house)
  memberRoutes(app, house)
  teamRoutes(app, house)
  integrationRoutes(app, house)
  contractRoutes(app, house)
  ratingRoutes(app, house)
  grantRoutes(app, house)
  chargeRoutes(app, house)
  holdRoutes(app, house)
  ledgerRoutes(app, house)
  usageRoutes(app, house)
  reportRoutes(app, house)
  forecastRoutes(app, house)
  budgetRoutes(app, house)
  noticeRoutes(app, house)
  webhookRoutes(app, house)
  conversationRoutes(app, house)
  mailboxRoutes(app, house)
  trackerRoutes(app, house)
  trackerResultRoutes(app, house)
  streamRoutes(app, house)
  askRoutes(app, house)
  briefRoutes(app, house)
  automationRoutes(app, house)
  gongRoutes(app, house)
  connectorRoutes(app, house)
  oauthRoutes(app, house)
  mcpRoutes(app, house)
  testClockRoutes(app, house)
}

/** What a worker does for each kind of job. */
export function tasksOf(house: Wired): Record<string, Task> {
  return {
    ...alertTasks(house),
    ...trackerTasks(house),
    ...streamTasks(house),
    ...askTasks(house),
    ...briefTasks(house),
    ...automationTasks(house),
    ...connectorTasks(house),
  }
}
