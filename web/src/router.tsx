import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { type Query, search } from './api/client.ts'
import { Broken, NotFound } from './shell/fallbacks.tsx'
import { Shell } from './shell/shell.tsx'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Shell })

const page = (path: string, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({
    getParentRoute: () => inside,
    path,
    component: lazyRouteComponent(load as never, name as never),
  })

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/home' })
  },
})
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./shell/invitation.tsx'), 'InvitationPage'),
})

const credits = () => import('./pages/credits/overview.tsx')
const trackers = () => import('./pages/trackers/list.tsx')
const work = () => import('./pages/work/items.tsx')

const routes = [
  page('/home', () => import('./pages/home.tsx'), 'HomePage'),
  page('/conversations', work, 'ItemsPage'),
  page('/calls/$id', () => import('./pages/work/call.tsx'), 'CallPage'),
  page('/emails/$id', () => import('./pages/work/email.tsx'), 'EmailPage'),
  page('/import', () => import('./pages/work/import.tsx'), 'ImportPage'),
  page('/accounts', () => import('./pages/work/accounts.tsx'), 'AccountsPage'),
  page('/accounts/$id', () => import('./pages/work/record.tsx'), 'RecordPage'),
  page('/deals/$id', () => import('./pages/work/record.tsx'), 'RecordPage'),
  page('/contacts/$id', () => import('./pages/work/record.tsx'), 'RecordPage'),
  page('/leads/$id', () => import('./pages/work/record.tsx'), 'RecordPage'),
  page('/ask', () => import('./pages/work/ask.tsx'), 'AskPage'),
  page('/streams', () => import('./pages/streams/list.tsx'), 'StreamsPage'),
  page('/streams/$id', () => import('./pages/streams/stream.tsx'), 'StreamPage'),
  page('/trackers', trackers, 'TrackersPage'),
  page('/trackers/new', () => import('./pages/trackers/editor.tsx'), 'NewTrackerPage'),
  page('/trackers/resume', () => import('./pages/trackers/resume.tsx'), 'ResumePage'),
  page('/trackers/$id', () => import('./pages/trackers/tracker.tsx'), 'TrackerPage'),
  page('/trackers/$id/edit', () => import('./pages/trackers/editor.tsx'), 'EditTrackerPage'),
  page('/briefs', () => import('./pages/briefs/list.tsx'), 'BriefsPage'),
  page('/briefs/$id', () => import('./pages/briefs/brief.tsx'), 'BriefPage'),
  page('/briefs/$id/generated/$made', () => import('./pages/briefs/made.tsx'), 'MadePage'),
  page('/automations', () => import('./pages/briefs/automations.tsx'), 'AutomationsPage'),
  page('/automations/new', () => import('./pages/briefs/automation.tsx'), 'NewAutomationPage'),
  page('/automations/$id', () => import('./pages/briefs/automation.tsx'), 'AutomationPage'),
  page('/credits', credits, 'OverviewPage'),
  page('/credits/use', () => import('./pages/credits/use.tsx'), 'UsePage'),
  page('/credits/charges/$id', () => import('./pages/credits/charge.tsx'), 'ChargePage'),
  page('/credits/ledger', () => import('./pages/credits/ledger.tsx'), 'LedgerPage'),
  page('/credits/grants', () => import('./pages/credits/grants.tsx'), 'GrantsPage'),
  page('/credits/budgets', () => import('./pages/credits/budgets.tsx'), 'BudgetsPage'),
  page('/credits/forecast', () => import('./pages/credits/forecast.tsx'), 'ForecastPage'),
  page('/credits/reports', () => import('./pages/credits/reports.tsx'), 'ReportsPage'),
  page('/credits/rates', () => import('./pages/credits/rates.tsx'), 'RatesPage'),
  page('/connect', () => import('./pages/admin/integrations.tsx'), 'IntegrationsPage'),
  page('/connect/mcp', () => import('./pages/admin/mcp.tsx'), 'McpPage'),
  page('/connect/webhooks', () => import('./pages/admin/webhooks.tsx'), 'WebhooksPage'),
  page('/admin/contract', () => import('./pages/admin/contract.tsx'), 'ContractPage'),
  page('/admin/people', () => import('./pages/admin/people.tsx'), 'PeoplePage'),
  page('/admin/teams', () => import('./pages/admin/teams.tsx'), 'TeamsPage'),
  page('/admin/settings', () => import('./pages/admin/settings.tsx'), 'SettingsPage'),
  page('/admin/mail', () => import('./pages/admin/mail.tsx'), 'MailPage'),
  page('/admin/audit', () => import('./pages/admin/audit.tsx'), 'AuditPage'),
  page('/inbox', () => import('./pages/inbox.tsx'), 'InboxPage'),
  page('/me', () => import('./pages/me.tsx'), 'MePage'),
  page('/me/access', () => import('./pages/access.tsx'), 'AccessPage'),
  page('/oauth/consent/$id', () => import('./pages/consent.tsx'), 'ConsentPage'),
]

export const router = createRouter({
  routeTree: root.addChildren([index, invitation, inside.addChildren(routes)]),
  defaultErrorComponent: Broken,
  // Addresses hold plain texts, `?add=1`, and no JSON.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (values) => search(values as Query),
  scrollRestoration: true,
  defaultPreload: 'intent',
})
