import { Button } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import type { Account, Deal } from '../../api/generated/types.gen.ts'
import { useApi, useList } from '../../api/queries.ts'
import { Card, Empty, Loaded, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { Calls, Emails } from './items.tsx'

/** One customer: its deals, its calls and emails, and asking about it. */
export function AccountPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const account = useApi<Account>(`/v1/accounts/${encodeURIComponent(id)}`)
  const deals = useList<Deal>('/v1/deals', { limit: 200 })
  const own = deals.rows?.filter(({ accountId }) => accountId === id)
  return (
    <Loaded of={account} what="the account">
      {(found) => (
        <Page
          title={found.name}
          crumbs={<Link to="/accounts">Accounts</Link>}
          intro={found.domains.join(', ')}
          actions={
            <>
              <Button
                component={Link}
                to={`/ask?type=account&id=${encodeURIComponent(id)}`}
                variant="default"
              >
                Ask about it
              </Button>
              <Button
                component={Link}
                to={`/briefs?type=account&id=${encodeURIComponent(id)}`}
                variant="default"
              >
                Generate a brief
              </Button>
            </>
          }
        >
          <div className="stack">
            <Card title="Deals" flush>
              <ListTable
                what="the deals"
                of={{ ...deals, rows: own }}
                caption="Deals"
                id={({ id: deal }) => deal}
                empty={<Empty title="No deals">They come in by the API or from a file.</Empty>}
                columns={[
                  { head: 'Deal', lead: true, cell: ({ name }) => name },
                  {
                    head: 'Status',
                    cell: ({ status }) => (
                      <Pill tone={status === 'open' ? 'info' : status === 'won' ? 'ok' : 'plain'}>
                        {status}
                      </Pill>
                    ),
                  },
                ]}
              />
            </Card>
            <Card title="Calls" flush>
              <Calls filter={{ accountId: id }} />
            </Card>
            <Card title="Emails" flush>
              <Emails filter={{ accountId: id }} />
            </Card>
          </div>
        </Page>
      )}
    </Loaded>
  )
}
