import { Button } from '@mantine/core'
import { api, ask } from '../api/client.ts'
import { useApi, useChange } from '../api/queries.ts'
import type { Connections, OwnSessions } from '../api/types.ts'
import { useHere } from '../session.ts'
import { Card, Empty, FormError, Loaded, Page } from '../ui/parts.tsx'
import { DataTable } from '../ui/table.tsx'

/** Where one is signed in, and the programs that one let in; both can be ended here. */
export function AccessPage() {
  return (
    <Page
      title="Sessions and programs"
      intro="Where you are signed in, and which programs act for you. What you end here ends at once."
    >
      <div className="stack">
        <Sessions />
        <Programs />
      </div>
    </Page>
  )
}

function Sessions() {
  const { times } = useHere()
  const sessions = useApi<OwnSessions>('/v1/sessions')
  const end = useChange((id: string) => api.del(`/v1/sessions/${id}`))
  const endOthers = useChange(() => ask('DELETE', '/v1/sessions'))
  return (
    <Card
      title="Where you are signed in"
      flush
      actions={
        <Button
          variant="default"
          loading={endOthers.isPending}
          disabled={(sessions.data?.data.length ?? 0) < 2}
          onClick={() => endOthers.mutate(undefined)}
        >
          Sign out everywhere else
        </Button>
      }
    >
      <FormError error={end.error ?? endOthers.error} />
      <Loaded of={sessions} what="your sessions">
        {({ data }) => (
          <DataTable
            caption="Where you are signed in"
            rows={data}
            id={({ id }) => id}
            columns={[
              {
                head: 'Browser',
                lead: true,
                cell: ({ userAgent, isCurrent }) => (
                  <>
                    {isCurrent && <span className="strong">This one – </span>}
                    <span className="small">{userAgent ?? 'A program'}</span>
                  </>
                ),
              },
              { head: 'Address', cell: ({ address }) => <span className="mono">{address}</span> },
              { head: 'Since', cell: ({ createdAt }) => times.moment(createdAt) },
              { head: 'Last used', cell: ({ lastUsedAt }) => times.moment(lastUsedAt) },
              {
                head: '',
                right: true,
                cell: ({ id, isCurrent }) =>
                  isCurrent ? null : (
                    <Button
                      variant="subtle"
                      size="compact-sm"
                      loading={end.isPending && end.variables === id}
                      onClick={() => end.mutate(id)}
                    >
                      Sign out
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  )
}

function Programs() {
  const { times } = useHere()
  const programs = useApi<Connections>('/v1/connections')
  const end = useChange((id: string) => api.del(`/v1/connections/${id}`))
  return (
    <Card title="Programs you let in" flush>
      <FormError error={end.error} />
      <Loaded of={programs} what="your programs">
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="None yet">
              An AI client that you connect to this server by OAuth stands here.
            </Empty>
          ) : (
            <DataTable
              caption="Programs you let in"
              rows={data}
              id={({ id }) => id}
              columns={[
                { head: 'Program', lead: true, cell: ({ name }) => name },
                {
                  head: 'May',
                  cell: ({ scopes }) => <span className="mono small">{scopes.join(' ')}</span>,
                },
                { head: 'Since', cell: ({ createdAt }) => times.moment(createdAt) },
                {
                  head: 'Last used',
                  cell: ({ lastUsedAt }) => (lastUsedAt ? times.moment(lastUsedAt) : 'Never'),
                },
                {
                  head: '',
                  right: true,
                  cell: ({ id }) => (
                    <Button
                      variant="subtle"
                      size="compact-sm"
                      color="red"
                      loading={end.isPending && end.variables === id}
                      onClick={() => end.mutate(id)}
                    >
                      Take back
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  )
}
