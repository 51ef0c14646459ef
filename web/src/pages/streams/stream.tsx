import { Button } from '@mantine/core'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { api } from '../../api/client.ts'
import type { Stream, StreamEntry } from '../../api/generated/types.gen.ts'
import { useApi, useChange, useList } from '../../api/queries.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, FormError, Loaded, Notice, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'

/** What is in a stream, how fresh it is, and following it. */
export function StreamPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const stream = useApi<Stream>(`/v1/streams/${id}`)
  return (
    <Loaded of={stream} what="the stream">
      {(found) => <OneStream stream={found} />}
    </Loaded>
  )
}

function OneStream({ stream }: { stream: Stream }) {
  const { times, session, can } = useHere()
  const navigate = useNavigate()
  const entries = useList<StreamEntry>(`/v1/streams/${stream.id}/items`, {}, { everyMs: 10_000 })
  const memberId = session.member.id
  const follows = stream.followers?.includes(memberId)
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
      intro={`Up to date until ${times.moment(stream.dataAsOf)}`}
      actions={
        <>
          <Button
            variant="default"
            loading={follow.isPending}
            onClick={() => follow.mutate(undefined)}
          >
            {follows ? 'Stop following' : 'Follow'}
          </Button>
          {can('trackers:write') && (
            <Button
              variant="subtle"
              color="red"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined)}
            >
              Delete
            </Button>
          )}
        </>
      }
    >
      <div className="stack">
        <FormError error={follow.error ?? remove.error} />
        {stream.stale && (
          <Notice tone="warn" title={`Not updated since ${times.moment(stream.stale.since)}`}>
            It uses a tracker that is stopped ({stream.stale.reason.replaceAll('_', ' ')}). What is
            here stays;{' '}
            {stream.stale.trackerIds.map((id) => (
              <Link key={id} to={`/trackers/${id}`}>
                open the tracker
              </Link>
            ))}
            .
          </Notice>
        )}
        <Card flush>
          <ListTable
            what="the stream"
            of={entries}
            caption="Entries, newest first"
            id={({ itemType, itemId }) => `${itemType} ${itemId}`}
            to={({ itemType, itemId }) => `/${itemType}s/${encodeURIComponent(itemId)}`}
            empty={
              <Empty title="Nothing yet">Calls and emails that fit the filter come here.</Empty>
            }
            columns={[
              { head: 'Item', lead: true, cell: ({ title, itemId }) => title || itemId },
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
                head: 'Added',
                cell: ({ addedAt }) => <span className="num soft">{times.moment(addedAt)}</span>,
              },
            ]}
          />
        </Card>
      </div>
    </Page>
  )
}
