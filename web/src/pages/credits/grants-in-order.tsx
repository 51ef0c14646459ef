import { Link } from '@tanstack/react-router'
import { useApi } from '../../api/queries.ts'
import type { Balance, Forecast, Grant } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'
import { sources } from '../../words.ts'

/** What expires when, in the order in which it is used. */
export function GrantsInOrder({ balance }: { balance: Balance }) {
  const { times } = useHere()
  const forecast = useApi<Forecast>('/v1/credits/forecast')
  const unused = new Map(forecast.data?.expiringUnused.map((one) => [one.grantId, one.credits]))
  const rows = inOrder(balance.grants)
  const usable = rows.filter(({ status }) => status === 'usable')
  return (
    <Card
      title="Grants"
      note="Used in this order: what expires first goes first."
      flush
      actions={
        <Link to="/credits/grants" className="small">
          All grants and purchases
        </Link>
      }
    >
      {rows.length === 0 && (
        <Empty title="Nothing is left to use">
          What was granted is used or has expired. Add credits, or wait for the next contract year.
        </Empty>
      )}
      {rows.length > 0 && (
        <DataTable
          caption="Grants in the order of their use"
          rows={rows}
          id={({ id }) => id}
          columns={[
            {
              head: 'Order',
              width: 72,
              cell: (grant) =>
                grant.status === 'usable' ? (
                  <span className="num">{ordinal(usable.indexOf(grant) + 1)}</span>
                ) : (
                  <span className="muted">later</span>
                ),
            },
            { head: 'Grant', lead: true, cell: (grant) => <GrantName grant={grant} /> },
            {
              head: 'Left',
              right: true,
              amount: true,
              cell: ({ remaining }) => <Credits value={remaining} />,
            },
            { head: 'Of', right: true, cell: ({ credits }) => <Credits value={credits} /> },
            {
              head: 'Usable until',
              cell: ({ expiresAt, status, effectiveAt }) =>
                status === 'scheduled'
                  ? `starts ${times.day(effectiveAt)}`
                  : expiresAt
                    ? times.lastDay(expiresAt)
                    : 'never',
            },
            {
              head: 'Unused at expiry',
              right: true,
              cell: ({ id }) => {
                const credits = unused.get(id)
                return credits ? (
                  <span className="num" style={{ color: 'var(--warn)' }}>
                    about {creditsText(credits)}
                  </span>
                ) : null
              },
            },
          ]}
        />
      )}
    </Card>
  )
}

function GrantName({ grant }: { grant: Grant }) {
  return (
    <span className="row wrap" style={{ gap: 6 }}>
      {sources[grant.source]}
      {grant.reference && <span className="muted">{grant.reference}</span>}
    </span>
  )
}

const rank = { default: 0, adjustment: 1, purchased: 2 }

/** The order of use: what expires first, then by source, then the older. */
function inOrder(grants: Grant[]): Grant[] {
  const late = '9999'
  const key = ({ status, expiresAt, source, effectiveAt }: Grant) =>
    [status === 'usable' ? 0 : 1, expiresAt ?? late, rank[source], effectiveAt].join(' ')
  return grants
    .filter(({ status }) => status !== 'ended')
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function ordinal(place: number): string {
  return `${place}${['th', 'st', 'nd', 'rd'][place % 10 < 4 && ~~((place % 100) / 10) !== 1 ? place % 10 : 0]}`
}
