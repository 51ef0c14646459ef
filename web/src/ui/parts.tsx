import { Button, type ButtonProps, Tooltip } from '@mantine/core'
import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import { type ComponentProps, type ReactNode, useEffect, useRef } from 'react'
import { ApiProblem } from '../api/client.ts'
import { creditsText, exactText, type Micros } from '../credits.ts'
import { useHere } from '../session.ts'

/** An amount of credits: one decimal, the exact figure on hover. */
export function Credits({ value, unit }: { value: number | Micros; unit?: boolean }) {
  const shown = creditsText(value)
  const exact = exactText(value)
  return (
    <span className="num" {...(exact === shown ? {} : { title: exact })}>
      {shown}
      {unit && ' credits'}
    </span>
  )
}

/** The frame of every page: its title, where it belongs, and what can be done on it. */
export function Page({
  title,
  crumbs,
  status,
  actions,
  intro,
  children,
}: {
  title: string
  crumbs?: ReactNode
  status?: ReactNode
  actions?: ReactNode
  intro?: ReactNode
  children: ReactNode
}) {
  const { session } = useHere()
  useEffect(() => {
    document.title = `${title} – ${session.company.name}`
  }, [title, session.company.name])
  return (
    <>
      <div className="page-head">
        <div className="grow" style={{ minWidth: 240 }}>
          {crumbs && <div className="crumbs">{crumbs}</div>}
          <div className="row wrap">
            <h1>{title}</h1>
            {status}
          </div>
          {intro && (
            <p className="soft" style={{ marginTop: 4, maxWidth: 680 }}>
              {intro}
            </p>
          )}
        </div>
        {actions && <div className="row wrap">{actions}</div>}
      </div>
      {children}
    </>
  )
}

export function Card({
  title,
  note,
  actions,
  flush,
  children,
  ...rest
}: {
  title?: ReactNode
  note?: ReactNode
  actions?: ReactNode
  /** The body reaches the borders, as a table does. */
  flush?: boolean
  children: ReactNode
} & Omit<ComponentProps<'section'>, 'title'>) {
  return (
    <section className="card" {...rest}>
      {(title || actions) && (
        <header>
          <div>
            {title && <h2>{title}</h2>}
            {note && <p className="muted small">{note}</p>}
          </div>
          {actions && <div className="row wrap">{actions}</div>}
        </header>
      )}
      <div className={flush ? 'body flush' : 'body'}>{children}</div>
    </section>
  )
}

const noticeIcons = { info: Info, warn: TriangleAlert, danger: CircleAlert }

export function Notice({
  tone = 'info',
  title,
  children,
  actions,
  role,
}: {
  tone?: 'info' | 'warn' | 'danger'
  title: ReactNode
  children?: ReactNode
  actions?: ReactNode
  role?: 'status' | 'alert'
}) {
  const Icon = noticeIcons[tone]
  return (
    <div className="notice" data-tone={tone} {...(role ? { role } : {})}>
      <Icon size={16} aria-hidden />
      <div className="grow">
        <p className="notice-title">{title}</p>
        {children && <div className="soft">{children}</div>}
      </div>
      {actions && <div className="row wrap">{actions}</div>}
    </div>
  )
}

export function Empty({
  title,
  children,
  action,
}: {
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action && <div style={{ marginTop: 16 }}>{action}</div>}
    </div>
  )
}

/** In percent; each its own, so that a line is told from the others by it. */
const lengths = [96, 79, 62, 85, 68, 91, 74, 97]

/** Lines where something will be; nothing at all for the first moments. */
export function Loading({ lines = 4, height = 16 }: { lines?: number; height?: number }) {
  return (
    <div className="stack-s" aria-busy="true" style={{ padding: '8px 16px 16px' }}>
      <span className="sr-only" role="status">
        Loading
      </span>
      {lengths.slice(0, lines).map((length) => (
        <div key={length} className="skeleton" style={{ height, width: `${length}%` }} />
      ))}
    </div>
  )
}

/** What failed, what can be done, and what to quote. */
export function Failed({
  what,
  error,
  retry,
}: {
  what: string
  error: Error
  retry?: () => unknown
}) {
  if (error instanceof ApiProblem && error.isMissingRoute) {
    return (
      <Empty title="Not on this server">
        This server does not offer {what} yet. Everything else works.
      </Empty>
    )
  }
  if (error instanceof ApiProblem && error.status === 403) {
    return (
      <Empty title="Not for your role">
        You cannot see {what}. A tech admin of your company can give you another role.
      </Empty>
    )
  }
  const id = error instanceof ApiProblem ? error.requestId : ''
  return (
    <div style={{ padding: 16 }}>
      <Notice
        tone="warn"
        title={`Could not load ${what}.`}
        actions={
          retry && (
            <Button size="xs" variant="default" onClick={() => void retry()}>
              Retry
            </Button>
          )
        }
      >
        {error.message} {id && <span className="mono">Reference {id.slice(-8)}</span>}
      </Notice>
    </div>
  )
}

/** Shows what a query found, or how it stands with it. */
export function Loaded<T>({
  of,
  what,
  lines,
  children,
}: {
  of: { data?: T | undefined; error: Error | null; refetch: () => unknown }
  what: string
  lines?: number
  children: (data: T) => ReactNode
}) {
  if (of.data !== undefined) return <>{children(of.data)}</>
  if (of.error) return <Failed what={what} error={of.error} retry={of.refetch} />
  return <Loading {...(lines ? { lines } : {})} />
}

/** A button that says why it cannot be pressed, rather than going away. */
export function Gated({
  reason,
  children,
  ...button
}: { reason?: string | false | null | undefined; children: ReactNode } & ButtonProps &
  Omit<ComponentProps<'button'>, keyof ButtonProps>) {
  const { onClick, ...rest } = button
  const gate = reason ? ({ 'data-disabled': true, 'aria-disabled': true } as const) : {}
  // The same button either way: another one would lose the focus.
  return (
    <Tooltip label={reason} disabled={!reason}>
      <Button {...rest} {...gate} onClick={reason ? (event) => event.preventDefault() : onClick}>
        {children}
      </Button>
    </Tooltip>
  )
}

export const onlyTechAdmins = 'Only tech admins can do this.'

/** What went wrong with a form, above its button; faults of single fields stand at the fields. */
export function FormError({ error }: { error: Error | null }) {
  const at = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (error) at.current?.focus()
  }, [error])
  if (!error) return null
  return (
    <div ref={at} tabIndex={-1}>
      <Notice tone="danger" role="alert" title={error.message}>
        {error instanceof ApiProblem && error.errors.length > 1 && (
          <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
            {error.errors.map(({ path, message }) => (
              <li key={path + message}>
                {path}: {message}
              </li>
            ))}
          </ul>
        )}
      </Notice>
    </div>
  )
}

export function fieldError(error: Error | null, path: string): string | undefined {
  return error instanceof ApiProblem ? error.field(path) : undefined
}
