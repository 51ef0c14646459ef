import { Button } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useList } from '../../api/queries.ts'
import type { Stream } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, Gated, Page } from '../../ui/parts.tsx'
import { FreePill, Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { staleWords } from '../trackers/standing.tsx'
import { StreamDialog } from './dialog.tsx'
import { useFilterWords } from './filter.tsx'

/** Saved filters over calls and emails; they fill by themselves and cost nothing. */
export function StreamsPage() {
  const { can, times, session } = useHere()
  const streams = useList<Stream>('/v1/streams', {}, { everyMs: 15_000 })
  const [adding, setAdding] = useState(false)
  const mayWrite = can('trackers:write')
  return (
    <Page
      title="Streams"
      status={<FreePill why="a view of what is there" />}
      intro="A stream is a saved filter; new calls and emails that fit it join by themselves."
      actions={
        <Gated
          reason={!mayWrite && 'Only admins can make streams.'}
          leftSection={<Plus size={15} />}
          onClick={() => setAdding(true)}
        >
          New stream
        </Gated>
      }
    >
      <Card flush>
        <ListTable
          what="streams"
          of={streams}
          caption="Streams"
          id={({ id }) => id}
          to={({ id }) => `/streams/${id}`}
          empty={
            <Empty
              title="No streams yet"
              action={
                mayWrite && <Button onClick={() => setAdding(true)}>Make the first one</Button>
              }
            >
              For example: all calls of an account, or all in which a tracker found something.
            </Empty>
          }
          columns={[
            { head: 'Stream', lead: true, cell: (stream) => <Named stream={stream} /> },
            {
              head: 'Freshness',
              cell: ({ stale, dataAsOf }) =>
                stale ? (
                  <Pill tone="warn">
                    Not updated since {times.moment(stale.since)}: {staleWords(stale.reason)}
                  </Pill>
                ) : (
                  <span className="soft num">Up to date until {times.moment(dataAsOf)}</span>
                ),
            },
            {
              head: 'Followers',
              right: true,
              cell: ({ followers }) => (
                <span className="num">
                  {followers.length}
                  {followers.includes(session.member.id) && (
                    <span className="muted"> with you</span>
                  )}
                </span>
              ),
            },
          ]}
        />
      </Card>
      {adding && <StreamDialog close={() => setAdding(false)} />}
    </Page>
  )
}

function Named({ stream }: { stream: Stream }) {
  const words = useFilterWords(stream)
  return (
    <>
      <span style={{ fontWeight: 550 }}>{stream.name}</span>
      <span className="muted small clamp" style={{ maxWidth: '64ch', fontWeight: 400 }}>
        {words}
      </span>
    </>
  )
}
