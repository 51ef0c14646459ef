import { Button, Switch } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { api } from '../../api/client.ts'
import { useChange, useList } from '../../api/queries.ts'
import type { Automation, Brief, Tracker } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, FormError, Gated, Notice, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { useIsOut } from '../trackers/standing.tsx'

/** What generates briefs by itself, when, and whether it runs. */
export function AutomationsPage() {
  const { can, times } = useHere()
  const isOut = useIsOut()
  const mayWrite = can('trackers:write')
  const automations = useList<Automation>('/v1/automations', {}, { everyMs: 15_000 })
  const briefs = useList<Brief>('/v1/briefs', { limit: 200 })
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const named = (rows: { id: string; name: string }[] | undefined) =>
    new Map(rows?.map(({ id, name }) => [id, name]))
  const briefNames = named(briefs.rows)
  const trackerNames = named(trackers.rows)
  const change = useChange(({ id, enabled }: Automation) =>
    api.patch(`/v1/automations/${id}`, { enabled: !enabled }),
  )
  return (
    <Page
      title="Automations"
      intro="Briefs that generate themselves. Each run uses credits for its conversation sections, “run now” included."
      actions={
        <Gated
          reason={!mayWrite && 'Only admins can automate.'}
          leftSection={<Plus size={15} />}
          {...(mayWrite ? { component: Link as never, to: '/automations/new' } : {})}
        >
          New automation
        </Gated>
      }
    >
      <div className="stack">
        {isOut && (
          <Notice tone="warn" title="On hold: out of credits">
            Runs are skipped, with the reason in their log. Skipped runs are not made up for; the
            next trigger after credits are added works.
          </Notice>
        )}
        <FormError error={change.error} />
        <Card flush>
          <ListTable
            what="automations"
            of={automations}
            caption="Automations"
            id={({ id }) => id}
            to={({ id }) => `/automations/${id}`}
            empty={
              <Empty
                title="No automations yet"
                action={
                  mayWrite && (
                    <Button component={Link} to="/automations/new">
                      Set up the first one
                    </Button>
                  )
                }
              >
                For example: every Monday at nine, a brief about each key account. The price of a
                run stands there before it is set up.
              </Empty>
            }
            columns={[
              {
                head: 'Automation',
                lead: true,
                cell: ({ name }) => <span style={{ fontWeight: 550 }}>{name}</span>,
              },
              { head: 'When', cell: ({ when }) => whenText(when, trackerNames) },
              {
                head: 'Generates',
                cell: ({ then }) => (
                  <Link to={`/briefs/${then.briefId}`}>
                    {briefNames.get(then.briefId) ?? 'A brief'}
                  </Link>
                ),
              },
              {
                head: 'Next',
                cell: ({ nextAt }) =>
                  nextAt && <span className="num soft">{times.moment(nextAt)}</span>,
              },
              {
                head: 'State',
                cell: (automation) =>
                  isOut && automation.enabled ? (
                    <Pill tone="danger">On hold</Pill>
                  ) : (
                    <Switch
                      size="xs"
                      label={automation.enabled ? 'On' : 'Off'}
                      aria-label={`${automation.name} runs`}
                      disabled={!mayWrite}
                      checked={automation.enabled}
                      onChange={() => change.mutate(automation)}
                    />
                  ),
              },
            ]}
          />
        </Card>
      </div>
    </Page>
  )
}

const weekly: Record<string, string> = {
  day: 'Every day',
  week: 'Mondays',
  month: 'The first of each month',
}

/** `Mondays at 09:00`, `Prices and fees found something`. */
export function whenText(when: Automation['when'], trackers: Map<string, string>): string {
  const { type, every, at, trackerId } = when as Record<string, string>
  if (type === 'schedule') return `${weekly[every ?? ''] ?? every} at ${at}`
  if (type === 'call_processed') return 'A call can be read'
  return `${trackers.get(trackerId ?? '') ?? 'A tracker'} found something`
}
