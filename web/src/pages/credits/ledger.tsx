import { Button, Select } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Check, Download, TriangleAlert } from 'lucide-react'
import { search as queryText } from '../../api/client.ts'
import { useBalance, useList } from '../../api/queries.ts'
import type { Grant, LedgerEntry } from '../../api/types.ts'
import { creditsText, microsOf, sumOf } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'
import { Card, Credits, Empty, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { entryTypes, sources } from '../../words.ts'
import { Delta } from './charge.tsx'

/** The books: append-only, each line with what was left after it. */
export function LedgerPage() {
  const { times, now } = useHere()
  const [search, setSearch] = useSearch()
  const { type, grantId, chargeId, holdId } = search
  const filter = { type, grantId, chargeId, holdId }
  const isFiltered = Object.values(filter).some(Boolean)
  const entries = useList<LedgerEntry>('/v1/credits/ledger', filter, { everyMs: 10_000 })
  const grants = useList<Grant>('/v1/credits/grants', { limit: 500 })
  const named = new Map(grants.rows?.map((grant) => [grant.id, grant]))
  const grantText = (id: string) => {
    const grant = named.get(id)
    return grant ? `${sources[grant.source]}${grant.reference ? ` · ${grant.reference}` : ''}` : id
  }
  const today = times.iso(now())
  return (
    <Page
      title="Ledger"
      crumbs={<Link to="/credits">Credits</Link>}
      intro="Append-only: no entry is ever changed or deleted. A correction is a new entry."
      actions={
        <Button
          component="a"
          variant="default"
          leftSection={<Download size={15} />}
          href={`/v1/credits/reports/ledger${queryText({ from: times.iso(daysFrom(now(), -365)), to: today, format: 'csv' })}`}
        >
          CSV of the last year
        </Button>
      }
    >
      <div className="stack">
        {grants.rows && !grants.hasNextPage && <Reconciliation grants={grants.rows} />}
        <Card
          title="Entries"
          note={`Newest first. Times in ${times.zone}.`}
          flush
          actions={
            <>
              <Select
                size="xs"
                w={150}
                aria-label="Type of entry"
                placeholder="All types"
                clearable
                value={type ?? null}
                onChange={(value) => setSearch({ type: value })}
                data={Object.entries(entryTypes).map(([value, label]) => ({ value, label }))}
              />
              <Select
                size="xs"
                w={190}
                aria-label="Grant"
                placeholder="All grants"
                clearable
                value={grantId ?? null}
                onChange={(value) => setSearch({ grantId: value })}
                data={(grants.rows ?? []).map(({ id }) => ({ value: id, label: grantText(id) }))}
              />
            </>
          }
        >
          {(chargeId || holdId) && (
            <div className="row" style={{ padding: '0 16px 8px' }}>
              <Pill>{chargeId ? `Charge ${chargeId}` : `Hold ${holdId}`}</Pill>
              <Button
                size="compact-xs"
                variant="subtle"
                onClick={() => setSearch({ chargeId: null, holdId: null })}
              >
                Clear
              </Button>
            </div>
          )}
          <ListTable
            what="the ledger"
            of={entries}
            caption="Ledger entries"
            id={({ id }) => id}
            empty={
              <Empty
                title={isFiltered ? 'No entry fits the filters' : 'The ledger is empty'}
                action={
                  isFiltered && (
                    <Button
                      variant="default"
                      size="xs"
                      onClick={() =>
                        setSearch({ type: null, grantId: null, chargeId: null, holdId: null })
                      }
                    >
                      Clear filters
                    </Button>
                  )
                }
              />
            }
            columns={[
              { head: '#', width: 60, cell: ({ seq }) => <span className="num muted">{seq}</span> },
              {
                head: 'When',
                cell: ({ at }) => <span className="num soft">{times.moment(at)}</span>,
              },
              {
                head: 'Type',
                lead: true,
                cell: ({ type: of, reason }) => (
                  <>
                    {entryTypes[of]}
                    {reason && <span className="muted"> · {reason.replaceAll('_', ' ')}</span>}
                  </>
                ),
              },
              { head: 'Grant', cell: ({ grantId: of }) => grantText(of) },
              {
                head: 'For',
                cell: ({ chargeId: charge, holdId: hold }) =>
                  charge ? (
                    <Link to={`/credits/charges/${charge}`}>The charge</Link>
                  ) : (
                    hold && <span className="muted">A hold</span>
                  ),
              },
              { head: 'Amount', right: true, amount: true, cell: (entry) => <Delta of={entry} /> },
              {
                head: 'Left after',
                right: true,
                cell: ({ availableAfter, heldAfter }) => (
                  <>
                    <Credits value={availableAfter} />
                    {heldAfter > 0 && (
                      <div className="muted micro num">+ {creditsText(heldAfter)} held</div>
                    )}
                  </>
                ),
              },
            ]}
          />
        </Card>
      </div>
    </Page>
  )
}

/** Whether the grants' own figures add up to the balance that is shown everywhere. */
function Reconciliation({ grants }: { grants: Grant[] }) {
  const { data: balance } = useBalance()
  if (!balance) return null
  const begun = grants.filter(({ status }) => status !== 'scheduled')
  const sum = (field: 'credits' | 'consumed' | 'expired' | 'voided' | 'held' | 'remaining') =>
    sumOf(begun.map((grant) => grant[field]))
  const left = sum('credits') - sum('consumed') - sum('expired') - sum('voided') - sum('held')
  const isRight = left === microsOf(balance.available)
  const parts = [
    `Granted ${creditsText(sum('credits'))}`,
    `− charged ${creditsText(sum('consumed'))}`,
    `− expired ${creditsText(sum('expired'))}`,
    ...(sum('voided') ? [`− voided ${creditsText(sum('voided'))}`] : []),
    `− held ${creditsText(sum('held'))}`,
    `= ${creditsText(left)}`,
  ]
  return (
    <div className="notice num reconcile" data-testid="reconcile">
      {isRight ? (
        <Check size={16} color="var(--ok)" aria-hidden />
      ) : (
        <TriangleAlert size={16} color="var(--warn)" aria-hidden />
      )}
      <p className="grow">
        {parts.join(' ')}{' '}
        <span className="strong">
          {isRight
            ? 'matches the balance'
            : `the balance says ${creditsText(balance.available)}; it may just be changing`}
        </span>
      </p>
    </div>
  )
}
