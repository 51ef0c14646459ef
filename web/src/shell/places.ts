import {
  AudioLines,
  Bell,
  BookOpenText,
  Building2,
  CalendarClock,
  ChartColumn,
  CircleGauge,
  FileSpreadsheet,
  FileText,
  FileUp,
  House,
  KeyRound,
  Landmark,
  ListFilter,
  type LucideIcon,
  Mail,
  MessageCircleQuestion,
  Network,
  Plug,
  Radar,
  Scale,
  ScrollText,
  Settings,
  TrendingDown,
  UserRoundCog,
  UsersRound,
  WalletCards,
  Webhook,
} from 'lucide-react'
import type { Here } from '../session.ts'

export interface Place {
  name: string
  to: string
  icon: LucideIcon
  /** Who has it in the navigation; an area that a role can never use is not there. */
  needs: Parameters<Here['can']>[0]
  words?: string
}

/** Where one can go, in groups; the navigation and the palette are made of it. */
export const places: { group: string; places: Place[] }[] = [
  {
    group: 'Work',
    places: [
      { name: 'Home', to: '/home', icon: House, needs: 'data:read' },
      { name: 'Calls and emails', to: '/conversations', icon: AudioLines, needs: 'data:read' },
      { name: 'Import', to: '/import', icon: FileUp, needs: 'data:write', words: 'mailboxes' },
      { name: 'Streams', to: '/streams', icon: ListFilter, needs: 'data:read' },
      { name: 'Accounts', to: '/accounts', icon: Building2, needs: 'data:read' },
      { name: 'Ask', to: '/ask', icon: MessageCircleQuestion, needs: 'ai:ask' },
    ],
  },
  {
    group: 'Build',
    places: [
      { name: 'Trackers', to: '/trackers', icon: Radar, needs: 'trackers:read' },
      { name: 'Briefs', to: '/briefs', icon: FileText, needs: 'ai:brief' },
      { name: 'Automations', to: '/automations', icon: CalendarClock, needs: 'trackers:write' },
    ],
  },
  {
    group: 'Credits',
    places: [
      { name: 'Overview', to: '/credits', icon: CircleGauge, needs: 'credits:read' },
      { name: 'Use', to: '/credits/use', icon: ChartColumn, needs: 'credits:read' },
      { name: 'Ledger', to: '/credits/ledger', icon: ScrollText, needs: 'credits:read' },
      { name: 'Grants', to: '/credits/grants', icon: WalletCards, needs: 'credits:read' },
      { name: 'Budgets', to: '/credits/budgets', icon: Landmark, needs: 'admin' },
      { name: 'Forecast', to: '/credits/forecast', icon: TrendingDown, needs: 'credits:read' },
      { name: 'Reports', to: '/credits/reports', icon: FileSpreadsheet, needs: 'credits:read' },
    ],
  },
  {
    group: 'Connect',
    places: [
      { name: 'Integrations', to: '/connect', icon: KeyRound, needs: 'admin', words: 'api keys' },
      { name: 'MCP', to: '/connect/mcp', icon: Plug, needs: 'data:read' },
      { name: 'Webhooks', to: '/connect/webhooks', icon: Webhook, needs: 'admin' },
    ],
  },
  {
    group: 'Admin',
    places: [
      { name: 'Contract and seats', to: '/admin/contract', icon: Scale, needs: 'credits:read' },
      { name: 'People', to: '/admin/people', icon: UsersRound, needs: 'admin', words: 'members' },
      { name: 'Teams', to: '/admin/teams', icon: Network, needs: 'admin', words: 'features' },
      { name: 'Settings', to: '/admin/settings', icon: Settings, needs: 'admin' },
      { name: 'Mail', to: '/admin/mail', icon: Mail, needs: 'admin' },
      { name: 'Audit log', to: '/admin/audit', icon: UserRoundCog, needs: 'admin' },
    ],
  },
]

/** What the palette knows beside the navigation. */
export const morePlaces: Place[] = [
  {
    name: 'How credits work',
    to: '/credits/rates',
    icon: BookOpenText,
    needs: 'data:read',
    words: 'prices rate card',
  },
  { name: 'Notifications', to: '/inbox', icon: Bell, needs: 'data:read', words: 'inbox' },
  {
    name: 'My account',
    to: '/me',
    icon: UserRoundCog,
    needs: 'data:read',
    words: 'password appearance',
  },
]

export function placesFor({ can }: Pick<Here, 'can'>) {
  return places
    .map(({ group, places: all }) => ({ group, places: all.filter(({ needs }) => can(needs)) }))
    .filter(({ places: some }) => some.length > 0)
}
