import { Link } from '@tanstack/react-router'
import { useList } from '../../api/queries.ts'
import type { Charge } from '../../api/types.ts'
import { creditsText, microsOf } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty, Failed, Loading } from '../../ui/parts.tsx'
import { DataTable } from '../../ui/table.tsx'
import { featureName } from '../../words.ts'

/** The last charges, each with its cause. */
export function Activity() {
  const { times } = useHere()
  const charges = useList<Charge>('/v1/credits/charges', { limit: 8 }, { everyMs: 5_000 })
  return (
    <Card
      title="Activity"
      flush
      actions={
        <Link to="/credits/ledger" className="small">
          Open the ledger
        </Link>
      }
    >
      {charges.rows ? (
        charges.rows.length === 0 ? (
          <Empty title="No use yet">Publish a tracker, or call the API with a key.</Empty>
        ) : (
          <DataTable
            caption="The latest charges"
            rows={charges.rows.slice(0, 8)}
            id={({ id }) => id}
            to={({ id }) => `/credits/charges/${id}`}
            columns={[
              {
                head: 'When',
                width: 190,
                cell: ({ createdAt }) => (
                  <span className="num soft">{times.moment(createdAt)}</span>
                ),
              },
              {
                head: 'What',
                lead: true,
                cell: ({ feature, instance }) => (
                  <>
                    {instance?.name ?? featureName(feature)}
                    {instance && <span className="muted"> · {featureName(feature)}</span>}
                  </>
                ),
              },
              {
                head: 'Credits',
                right: true,
                amount: true,
                cell: ({ credits }) => (
                  <span className="num">{creditsText(-microsOf(credits))}</span>
                ),
              },
              {
                head: 'Left after',
                right: true,
                cell: ({ balance }) => <Credits value={balance.available} />,
              },
            ]}
          />
        )
      ) : charges.error ? (
        <Failed what="the activity" error={charges.error} retry={charges.refetch} />
      ) : (
        <Loading />
      )}
    </Card>
  )
}
