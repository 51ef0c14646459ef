import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Ban, Check } from 'lucide-react'
import { useList } from '../../api/queries.ts'
import type { Balance, Tracker } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Notice } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { counted } from '../../words.ts'

/** Since when, what stands still, what still works, and the way on. */
export function Exhausted({ balance }: { balance: Balance }) {
  const { times, can } = useHere()
  const trackers = useList<Tracker>(
    '/v1/trackers',
    { limit: 200 },
    { enabled: can('trackers:read') },
  )
  const since = balance.thresholds.find(({ percent }) => percent === 100)?.reachedAt
  const stopped = trackers.rows?.filter(({ status }) => status === 'out_of_credits') ?? []
  return (
    <Notice
      tone="danger"
      role="alert"
      title={`Out of credits${since ? ` since ${times.moment(since)}` : ''}`}
      actions={
        stopped.length > 0 && (
          <Button component={Link} to="/trackers/resume" variant="default" size="xs">
            Review stopped trackers
          </Button>
        )
      }
    >
      <div className="grid-2" style={{ marginTop: 8, gap: '8px 32px' }}>
        <div>
          <h3>Stands still</h3>
          <ul className="plain">
            {[
              stopped.length > 0
                ? `${stopped.length} ${stopped.length === 1 ? 'tracker' : 'trackers'}, until somebody resumes them`
                : 'Question trackers',
              'API and MCP requests that cost credits (402)',
              'Automated briefs',
            ].map((line) => (
              <li key={line} className="row">
                <Ban size={13} aria-hidden /> {line}
              </li>
            ))}
          </ul>
        </div>
        <div>
          <h3>Still works</h3>
          <ul className="plain">
            {[
              'Every result, stream and report',
              'Asking and briefs by hand in the app',
              'Pretrained and keyword trackers',
            ].map((line) => (
              <li key={line} className="row">
                <Check size={13} aria-hidden /> {line}
              </li>
            ))}
          </ul>
        </div>
      </div>
      {stopped.length > 0 && (
        <p style={{ marginTop: 8 }}>
          {stopped.slice(0, 3).map(({ id, name, missed }) => (
            <span key={id}>
              <Link to={`/trackers/${id}`}>{name}</Link> waits with{' '}
              {counted(missed.callsLong + missed.callsShort, 'call')} and{' '}
              {counted(missed.emails, 'email')}.{' '}
            </span>
          ))}
        </p>
      )}
      {balance.held > 0 && <Pill>{creditsText(balance.held)} held by work under way</Pill>}
    </Notice>
  )
}
