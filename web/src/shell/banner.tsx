import { Button } from '@mantine/core'
import { Link, useRouterState } from '@tanstack/react-router'
import { useState } from 'react'
import { Offline } from '../api/client.ts'
import { useBalance } from '../api/queries.ts'
import { creditsText, percentText } from '../credits.ts'
import { useHere } from '../session.ts'
import { Notice } from '../ui/parts.tsx'

const DAY_MS = 86_400_000

/** At most one notice above every page: what stands in the way of the credits, the gravest first. */
export function PageBanner() {
  const { can, session, times } = useHere()
  const { data: balance, error, dataUpdatedAt } = useBalance(can('credits:read'))
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const [, redraw] = useState(0)
  if (error instanceof Offline) {
    return (
      <div style={{ marginBottom: 16 }}>
        <Notice tone="warn" role="status" title="The server cannot be reached">
          What is shown is of {times.moment(new Date(dataUpdatedAt))}. It is tried again all the
          time; what you change now may not arrive.
        </Notice>
      </div>
    )
  }
  if (!balance || balance.total === 0) return null
  const add = can('admin') && (
    <Button component={Link} to="/credits/grants" size="xs">
      Add credits
    </Button>
  )
  if (balance.status === 'exhausted') {
    // The overview says it itself, in full.
    if (path === '/credits') return null
    const since = balance.thresholds.find(({ percent }) => percent === 100)?.reachedAt
    return (
      <div style={{ marginBottom: 16 }}>
        <Notice
          tone="danger"
          role="alert"
          title={`Out of credits${since ? ` since ${times.moment(since)}` : ''}`}
          actions={
            <>
              <Button component={Link} to="/credits" size="xs" variant="default">
                What stopped
              </Button>
              {add}
            </>
          }
        >
          Question trackers, API and MCP requests and automated briefs stand still. Results and
          everything free still work.
        </Notice>
      </div>
    )
  }
  const reached = balance.thresholds.filter(
    ({ percent, reachedAt }) => reachedAt && percent >= 80 && balance.usedPercent >= percent,
  )
  const highest = reached.at(-1)
  if (!highest) return null
  const isFirm = highest.percent >= 95 && session.role === 'tech_admin'
  const name = `banner ${session.company.id} ${highest.percent} ${highest.reachedAt}`
  if (!isFirm && isDismissed(name, highest.percent)) return null
  return (
    <div style={{ marginBottom: 16 }}>
      <Notice
        tone={highest.percent >= 90 ? 'warn' : 'info'}
        title={`${percentText(balance.usedPercent)} % used, ${creditsText(balance.available)} left`}
        actions={
          <>
            <Button component={Link} to="/credits/use" size="xs" variant="default">
              What uses credits
            </Button>
            {add}
            {!isFirm && (
              <Button
                size="xs"
                variant="subtle"
                onClick={() => {
                  dismiss(name)
                  redraw((count) => count + 1)
                }}
              >
                Dismiss
              </Button>
            )}
          </>
        }
      >
        The pool passed {highest.percent} % on {times.moment(highest.reachedAt!)}.
      </Notice>
    </div>
  )
}

/** At 80 it stays away until the next threshold, from 90 on it comes back after a day. */
function isDismissed(name: string, percent: number): boolean {
  const at = Number(read(name) ?? 0)
  return at > 0 && (percent < 90 || Date.now() - at < DAY_MS)
}

function dismiss(name: string): void {
  try {
    localStorage.setItem(name, String(Date.now()))
  } catch {}
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}
