import { Button, Menu } from '@mantine/core'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Bell, BellOff, Ellipsis, MessageCircleQuestion } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useApi, useChange, useList } from '../../api/queries.ts'
import type { Stream, StreamEntry, Tracker } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Card, Empty, FormError, Loaded, Notice, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { staleWords, useAdminNames } from '../trackers/standing.tsx'
import { StreamDialog } from './dialog.tsx'
import { useFilterWords } from './filter.tsx'

/** What is in a stream, how fresh it is, and following it. */
export function StreamPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const stream = useApi<Stream>(`/v1/streams/${id}`, {}, { everyMs: 10_000 })
  return (
    <Loaded of={stream} what="the stream">
      {(found) => <OneStream key={id} stream={found} />}
    </Loaded>
  )
}

function OneStream({ stream }: { stream: Stream }) {
  const { times, session, can } = useHere()
  const navigate = useNavigate()
  const [removing, setRemoving] = useState(false)
  const [editing, setEditing] = useState(false)
  const words = useFilterWords(stream)
  const entries = useList<StreamEntry>(`/v1/streams/${stream.id}/items`, {}, { everyMs: 10_000 })
  const memberId = session.member.id
  const follows = stream.followers.includes(memberId)
  const follow = useChange(() =>
    follows
      ? api.del(`/v1/streams/${stream.id}/followers`, { memberId })
      : api.post(`/v1/streams/${stream.id}/followers`, { memberId }),
  )
  const remove = useChange(async () => {
    await api.del(`/v1/streams/${stream.id}`)
    await navigate({ to: '/streams' })
  })
  return (
    <Page
      title={stream.name}
      crumbs={<Link to="/streams">Streams</Link>}
      status={
        stream.stale ? (
          <Pill tone="warn">Stale</Pill>
        ) : (
          <span className="muted small num">Up to date until {times.moment(stream.dataAsOf)}</span>
        )
      }
      intro={words}
      actions={
        <>
          <Button
            variant="default"
            leftSection={follows ? <BellOff size={15} /> : <Bell size={15} />}
            loading={follow.isPending}
            onClick={() => follow.mutate(undefined)}
          >
            {follows ? 'Stop following' : 'Follow'}
          </Button>
          <Button
            component={Link}
            to={`/ask?stream=${stream.id}`}
            variant="default"
            leftSection={<MessageCircleQuestion size={15} />}
          >
            Ask about it
          </Button>
          {can('trackers:write') && (
            <>
              <Button variant="default" onClick={() => setEditing(true)}>
                Edit
              </Button>
              <Menu position="bottom-end">
                <Menu.Target>
                  <button type="button" className="icon-button" aria-label="More">
                    <Ellipsis size={16} />
                  </button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item color="red" onClick={() => setRemoving(true)}>
                    Delete…
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </>
          )}
        </>
      }
    >
      <div className="stack">
        <FormError error={follow.error} />
        {stream.stale && <StaleNotice stale={stream.stale} />}
        <Card flush>
          <ListTable
            what="the stream"
            of={entries}
            caption="Entries, newest first"
            id={({ itemType, itemId }) => `${itemType} ${itemId}`}
            to={({ itemType, itemId }) => `/${itemType}s/${encodeURIComponent(itemId)}`}
            empty={
              <Empty title="Nothing yet">
                What fits joins by itself, with its own date: {words.toLowerCase()}
              </Empty>
            }
            columns={[
              {
                head: 'Item',
                lead: true,
                cell: ({ title, itemId }) => (
                  <span style={{ fontWeight: 550 }}>{title || itemId}</span>
                ),
              },
              {
                head: 'Kind',
                cell: ({ itemType }) => (
                  <Pill tone="outline">{itemType === 'call' ? 'Call' : 'Email'}</Pill>
                ),
              },
              {
                head: 'Date',
                cell: ({ date }) => <span className="num soft">{times.moment(date)}</span>,
              },
              {
                head: 'Joined',
                cell: ({ addedAt }) => <span className="num soft">{times.moment(addedAt)}</span>,
              },
            ]}
          />
        </Card>
      </div>
      {removing && (
        <Confirm
          title={`Delete “${stream.name}”?`}
          label="Delete"
          of={remove}
          close={() => setRemoving(false)}
        >
          <p>Followers are told no more. Its calls and emails stay where they are.</p>
        </Confirm>
      )}
      {editing && <StreamDialog stream={stream} close={() => setEditing(false)} />}
    </Page>
  )
}

/** Since when nothing joined, why, and who can change that. */
function StaleNotice({ stale }: { stale: NonNullable<Stream['stale']> }) {
  const { times, can } = useHere()
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const admins = useAdminNames()
  const isOut = stale.reason === 'out_of_credits'
  const [first] = stale.trackerIds
  return (
    <Notice
      tone="warn"
      role="status"
      title={`Not updated since ${times.moment(stale.since)}: ${staleWords(stale.reason)}`}
      actions={
        first &&
        (isOut && can('trackers:write') ? (
          <Button component={Link} to={`/trackers/resume?only=${first}`} size="xs">
            Resume…
          </Button>
        ) : (
          <Button component={Link} to={`/trackers/${first}`} size="xs" variant="default">
            Open the tracker
          </Button>
        ))
      }
    >
      It uses{' '}
      {stale.trackerIds.map((id, place) => (
        <span key={id}>
          {place > 0 && ', '}
          <Link to={`/trackers/${id}`}>
            {trackers.rows?.find((one) => one.id === id)?.name ?? 'a tracker'}
          </Link>
        </span>
      ))}
      , which is stopped. Calls and emails since then are not added; what is here stays.
      {!can('trackers:write') && ` ${admins} can change that.`}
    </Notice>
  )
}
