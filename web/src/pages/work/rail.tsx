import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, Clock, Minus } from 'lucide-react'
import { api } from '../../api/client.ts'
import { type Page as ListPage, useList } from '../../api/queries.ts'
import type { Tracker, TrackerResult } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Loading } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'

export interface Found {
  tracker: Tracker
  result: TrackerResult | undefined
}

/** What each tracker made of one call or email. */
export function useResultsOf(itemType: 'call' | 'email', itemId: string) {
  const trackers = useList<Tracker>('/v1/trackers', { limit: 50 })
  const asked =
    trackers.rows?.filter((one) => one.status !== 'draft' && one.itemTypes.includes(itemType)) ?? []
  const results = useQueries({
    queries: asked.map(({ id }) => ({
      queryKey: ['results of', itemId, id],
      queryFn: () =>
        api.get<ListPage<TrackerResult>>(`/v1/trackers/${id}/results`, { itemId, limit: 10 }),
    })),
  })
  const isReady = trackers.rows !== undefined && results.every(({ isPending }) => !isPending)
  const found = asked.map((tracker, place): Found => {
    const rows = results[place]?.data?.data ?? []
    return { tracker, result: rows.find((row) => row.itemType === itemType) }
  })
  return { isReady, found }
}

/** Beside a conversation: which trackers read it, what they found, and what it cost. */
export function ProcessingRail({ found, isReady }: { found: Found[]; isReady: boolean }) {
  const { can, times } = useHere()
  return (
    <Card title="Trackers and credits">
      {!isReady ? (
        <Loading />
      ) : found.length === 0 ? (
        <p className="soft">No tracker reads this kind of item.</p>
      ) : (
        <ul className="plain stack">
          {found.map(({ tracker, result }) => (
            <li key={tracker.id}>
              <div className="spread" style={{ alignItems: 'flex-start' }}>
                <Link to={`/trackers/${tracker.id}`}>{tracker.name}</Link>
                {result ? (
                  <Pill icon={result.found ? Check : Minus} tone={result.found ? 'ok' : 'plain'}>
                    {result.found ? 'Yes' : 'No'}
                  </Pill>
                ) : (
                  <Pill icon={Clock} tone="outline">
                    Not read
                  </Pill>
                )}
              </div>
              {result?.found && <p className="soft small">{result.answer}</p>}
              <p className="muted micro num">
                {result ? (
                  <>
                    {times.moment(result.processedAt)}
                    {can('credits:read') && result.chargeId ? (
                      <>
                        {' · '}
                        <Link to={`/credits/charges/${result.chargeId}`}>
                          <Credits value={result.credits} unit />
                        </Link>
                      </>
                    ) : (
                      result.credits === 0 && ' · free'
                    )}
                  </>
                ) : tracker.status === 'out_of_credits' ? (
                  'Stopped, out of credits'
                ) : (
                  'Outside of its filters, or before it began'
                )}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
