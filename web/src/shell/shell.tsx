import { Drawer, Menu, useMantineColorScheme } from '@mantine/core'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import {
  Bell,
  BookOpenText,
  CircleHelp,
  LogOut,
  Menu as MenuIcon,
  Moon,
  Search,
  Sun,
} from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { ask } from '../api/client.ts'
import { queries, useBalance, useList, useSession } from '../api/queries.ts'
import { creditsText, percentText, shortText } from '../credits.ts'
import { HereProvider, hereOf, roleNames, useHere } from '../session.ts'
import { PoolMeter, toneOf } from '../ui/meter.tsx'
import { Failed } from '../ui/parts.tsx'
import { PageBanner } from './banner.tsx'
import { Mark } from './mark.tsx'
import { openPalette, Palette } from './palette.tsx'
import { placesFor } from './places.ts'
import { Entrance } from './sign-in.tsx'

/** Everything around a page; who is not signed in gets the entrance instead. */
export function Shell() {
  const session = useSession()
  if (session.isPending) return null
  if (session.error && !session.data) {
    return <Failed what="your session" error={session.error} retry={session.refetch} />
  }
  if (!session.data) return <Entrance />
  return (
    <HereProvider value={hereOf(session.data)}>
      <Frame />
    </HereProvider>
  )
}

function Frame() {
  const { can } = useHere()
  const [open, setOpen] = useState(false)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const main = useRef<HTMLElement>(null)
  const shown = useRef(path)
  useEffect(() => {
    if (shown.current === path) return
    shown.current = path
    setOpen(false)
    main.current?.focus({ preventScroll: true })
  }, [path])
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <Palette />
      <div className="shell">
        <aside className="side" aria-label="Navigation and balance">
          <Navigation />
        </aside>
        <Drawer
          opened={open}
          onClose={() => setOpen(false)}
          title={<CompanyName />}
          size={280}
          padding="md"
        >
          <Navigation inDrawer />
        </Drawer>
        <div style={{ minWidth: 0 }}>
          <header className="top">
            <button
              type="button"
              className="icon-button mantine-hidden-from-sm"
              aria-label="Menu"
              onClick={() => setOpen(true)}
            >
              <MenuIcon size={18} />
            </button>
            <div className="grow" />
            <button type="button" className="top-search" onClick={openPalette}>
              <Search size={15} aria-hidden />
              <span className="grow" style={{ textAlign: 'left' }}>
                Search or jump to
              </span>
              <kbd>⌘K</kbd>
              <span className="sr-only">Search</span>
            </button>
            {can('credits:read') && <BalanceChip />}
            <InboxButton />
            <PersonMenu />
          </header>
          <main id="content" ref={main} tabIndex={-1}>
            <PageBanner />
            <Outlet />
          </main>
        </div>
      </div>
    </>
  )
}

function CompanyName() {
  const { session } = useHere()
  return (
    <span className="row" style={{ gap: 10 }}>
      <Mark />
      <span className="truncate strong">{session.company.name}</span>
    </span>
  )
}

function Navigation({ inDrawer = false }: { inDrawer?: boolean }) {
  const here = useHere()
  return (
    <>
      {!inDrawer && (
        <div className="side-head">
          <CompanyName />
        </div>
      )}
      <nav className="side-nav" aria-label="Main" style={inDrawer ? { padding: 0 } : undefined}>
        {placesFor(here).map(({ group, places }) => (
          <div key={group}>
            <div className="side-group">{group}</div>
            {places.map(({ name, to, icon: Icon }) => (
              <Link
                key={to}
                to={to}
                className="side-link"
                activeOptions={{ exact: to === '/credits' || to === '/connect' }}
              >
                <Icon size={16} strokeWidth={1.6} aria-hidden />
                {name}
              </Link>
            ))}
          </div>
        ))}
        <div className="side-group">Help</div>
        <Link to="/credits/rates" className="side-link">
          <CircleHelp size={16} strokeWidth={1.6} aria-hidden />
          How credits work
        </Link>
        <a href="/docs" className="side-link">
          <BookOpenText size={16} strokeWidth={1.6} aria-hidden />
          API reference
        </a>
      </nav>
      {here.can('credits:read') && <SideMeter />}
    </>
  )
}

function SideMeter() {
  const { data } = useBalance()
  if (!data) return null
  return (
    <div className="side-foot stack-s">
      <div className="spread micro soft num">
        <span>{percentText(data.usedPercent)} % used</span>
        <span>{creditsText(data.available)} left</span>
      </div>
      <PoolMeter balance={data} thin />
    </div>
  )
}

function BalanceChip() {
  const { data } = useBalance()
  if (!data) return null
  const tone = toneOf(data)
  return (
    <Link
      to="/credits"
      className="chip num"
      data-tone={tone}
      title={`${creditsText(data.available)} credits left`}
      data-testid="balance-chip"
    >
      <Ring percent={data.usedPercent} />
      {data.status === 'exhausted' ? 'Out of credits' : `${shortText(data.available)} left`}
    </Link>
  )
}

function Ring({ percent }: { percent: number }) {
  const around = 2 * Math.PI * 6
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden>
      <circle cx="8" cy="8" r="6" fill="none" stroke="var(--border)" strokeWidth="3" />
      <circle
        cx="8"
        cy="8"
        r="6"
        fill="none"
        stroke="currentColor"
        strokeWidth="3"
        strokeDasharray={`${(around * Math.min(percent, 100)) / 100} ${around}`}
        transform="rotate(-90 8 8)"
      />
    </svg>
  )
}

function InboxButton() {
  const inbox = useList<{ readAt: string | null }>('/v1/notifications', {}, { everyMs: 15_000 })
  const unread = inbox.rows?.filter(({ readAt }) => readAt === null).length ?? 0
  return (
    <Link
      to="/inbox"
      className="icon-button"
      aria-label={unread ? `Notifications, ${unread} unread` : 'Notifications'}
    >
      <Bell size={17} aria-hidden />
      {unread > 0 && <span className="count-dot">{unread > 9 ? '9+' : unread}</span>}
    </Link>
  )
}

function PersonMenu() {
  const { session } = useHere()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const initials = session.member.name
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join('')
  const signOut = async () => {
    await ask('DELETE', '/v1/session').catch(() => {})
    queries.clear()
    location.assign('/')
  }
  return (
    <Menu position="bottom-end" width={220} shadow="md">
      <Menu.Target>
        <button type="button" className="icon-button strong micro">
          <span aria-hidden>{initials || '?'}</span>
          <span className="sr-only">Your account</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session.member.name} · {roleNames[session.role]}
        </Menu.Label>
        <Menu.Item component={Link} to="/me">
          My account
        </Menu.Item>
        <Menu.Item
          leftSection={colorScheme === 'dark' ? <Sun size={14} /> : <Moon size={14} />}
          onClick={() => setColorScheme(colorScheme === 'dark' ? 'light' : 'dark')}
        >
          {colorScheme === 'dark' ? 'Light' : 'Dark'} appearance
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={14} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
