import { Button, CopyButton, Modal, Textarea } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useApi, useChange, useList, useNames } from '../../api/queries.ts'
import type { ChargeWithEntries, Grant, RateCard } from '../../api/types.ts'
import { creditsText, type Micros, microsOf, ZERO } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { lengthText } from '../../times.ts'
import { Card, Credits, FormError, Gated, Loaded, onlyTechAdmins, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { DataTable } from '../../ui/table.tsx'
import { counted, entryTypes, featureName, sources, triggers } from '../../words.ts'

interface Item {
  type: string
  id?: string
  durationSeconds?: number
  quantity?: number
}

/** The proof of one charge: why, what, at which price, paid from which grants. */
export function ChargePage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const charge = useApi<ChargeWithEntries>(`/v1/credits/charges/${id}`)
  if (charge.data) return <Proof charge={charge.data} />
  return (
    <Page title="Charge" crumbs={<Link to="/credits">Credits</Link>}>
      <Loaded of={charge} what="the charge">
        {() => null}
      </Loaded>
    </Page>
  )
}

function Proof({ charge }: { charge: ChargeWithEntries }) {
  const { times, can } = useHere()
  const cards = useList<RateCard>('/v1/rate-cards', { limit: 200 })
  const grants = useList<Grant>('/v1/credits/grants', { limit: 500 })
  const members = useNames('/v1/members')
  const teams = useNames('/v1/teams')
  const keys = useNames('/v1/integrations', can('admin'))
  const [refunding, setRefunding] = useState(false)
  const prices = cards.rows?.find((card) => card.version === charge.rateCardVersion)?.prices
  const grantName = (grantId: string) => {
    const grant = grants.rows?.find((one) => one.id === grantId)
    return grant
      ? `${sources[grant.source]}${grant.reference ? ` ${grant.reference}` : ''}`
      : grantId
  }
  const items = charge.items as unknown as Item[]
  const name = charge.instance?.name ?? featureName(charge.feature)
  return (
    <Page
      title={`${creditsText(charge.credits)} credits`}
      crumbs={
        <>
          <Link to="/credits">Credits</Link> ›{' '}
          <Link to={`/credits/use?feature=${encodeURIComponent(charge.feature)}`}>
            {featureName(charge.feature)}
          </Link>{' '}
          › {name}
        </>
      }
      status={charge.refunded ? <Pill tone="info">Refunded</Pill> : <Pill tone="ok">Charged</Pill>}
      actions={
        <>
          <CopyButton value={JSON.stringify(charge, null, 2)}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy as JSON'}
              </Button>
            )}
          </CopyButton>
          <Gated
            variant="default"
            reason={!can('admin') ? onlyTechAdmins : charge.refunded && 'It was refunded already.'}
            onClick={() => setRefunding(true)}
          >
            Refund
          </Gated>
        </>
      }
    >
      <div className="stack-l">
        <Card title="Why">
          <dl className="facts">
            <dt>Charge</dt>
            <dd className="mono">{charge.id}</dd>
            <dt>When</dt>
            <dd className="num">{times.moment(charge.createdAt)}</dd>
            <dt>Feature</dt>
            <dd>
              {featureName(charge.feature)}
              {charge.instance && (
                <>
                  {' · '}
                  {charge.feature === 'ai_tracker' ? (
                    <Link to={`/trackers/${charge.instance.id}`}>{charge.instance.name}</Link>
                  ) : (
                    charge.instance.name
                  )}
                </>
              )}
            </dd>
            <dt>Cause</dt>
            <dd>{triggers[charge.trigger] ?? charge.trigger}</dd>
            {charge.refunded && (
              <>
                <dt>Refund</dt>
                <dd>
                  <Link to={`/credits/ledger?chargeId=${charge.id}&type=refund`}>
                    Returned to the grants it came from
                  </Link>
                </dd>
              </>
            )}
            {charge.integrationId && (
              <>
                <dt>Key</dt>
                <dd>{keys.get(charge.integrationId) ?? charge.integrationId}</dd>
              </>
            )}
            {charge.memberId && (
              <>
                <dt>Member</dt>
                <dd>{members.get(charge.memberId) ?? charge.memberId}</dd>
              </>
            )}
            {charge.teamId && (
              <>
                <dt>Team</dt>
                <dd>{teams.get(charge.teamId) ?? charge.teamId}</dd>
              </>
            )}
          </dl>
        </Card>
        <div className="grid-2">
          <Card title="What" note={`Priced by rate card version ${charge.rateCardVersion}`}>
            <table className="sum">
              <tbody>
                {charge.lines.map(({ type, count }) => {
                  const unit = prices?.[type]
                  return (
                    <tr key={type}>
                      <td>{counted(count, type)}</td>
                      <td className="times num">
                        {unit === undefined ? '' : `× ${creditsText(unit)}`}
                      </td>
                      <td className="num">
                        {unit === undefined ? '' : creditsText(microsOf(unit) * BigInt(count))}
                      </td>
                    </tr>
                  )
                })}
                <tr className="total">
                  <th scope="row">Charged</th>
                  <td />
                  <td className="num" data-testid="charge-total">
                    {creditsText(charge.credits)}
                  </td>
                </tr>
              </tbody>
            </table>
            {items.length > 0 && (
              <ul className="plain" style={{ marginTop: 16 }}>
                {items.slice(0, 100).map((item, place) => (
                  <li
                    key={`${item.type} ${item.id ?? place}`}
                    className="spread small"
                    style={{ padding: '3px 0' }}
                  >
                    <ItemName item={item} />
                    <span className="muted num">
                      {item.durationSeconds !== undefined
                        ? `${lengthText(item.durationSeconds)} · ${item.durationSeconds > 600 ? 'over 10 min' : 'up to 10 min'}`
                        : (item.quantity ?? 1) > 1 && `× ${item.quantity}`}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Card title="Paid from" flush>
            <DataTable
              caption="Ledger entries of the charge"
              rows={charge.entries}
              id={({ id }) => id}
              columns={[
                {
                  head: 'Entry',
                  lead: true,
                  cell: ({ type, grantId, at }) => (
                    <>
                      {entryTypes[type]} · {grantName(grantId)}
                      <div className="muted micro num">{times.moment(at)}</div>
                    </>
                  ),
                },
                {
                  head: 'Amount',
                  right: true,
                  amount: true,
                  cell: (entry) => <Delta of={entry} />,
                },
                {
                  head: 'Left after',
                  right: true,
                  cell: ({ availableAfter }) => <Credits value={availableAfter} />,
                },
                {
                  head: '',
                  right: true,
                  cell: ({ grantId }) => (
                    <Link
                      to={`/credits/ledger?chargeId=${charge.id}&grantId=${grantId}`}
                      className="small"
                    >
                      In the ledger
                    </Link>
                  ),
                },
              ]}
            />
          </Card>
        </div>
      </div>
      <RefundDialog charge={charge} opened={refunding} close={() => setRefunding(false)} />
    </Page>
  )
}

export function Delta({ of }: { of: { availableDelta: number; heldDelta: number } }) {
  const delta: Micros = microsOf(of.availableDelta) || microsOf(of.heldDelta)
  return (
    <span className="num">
      {delta > ZERO && '+'}
      {creditsText(delta)}
      {of.availableDelta === 0 && <span className="muted micro"> held</span>}
    </span>
  )
}

function ItemName({ item }: { item: Item }) {
  if (!item.id) return <span>{counted(item.quantity ?? 1, item.type)}</span>
  const folder = item.type === 'call' ? 'calls' : item.type === 'email' ? 'emails' : undefined
  const label = <span className="mono">{item.id}</span>
  return folder ? (
    <Link to={`/${folder}/${encodeURIComponent(item.id)}`} className="truncate">
      {label}
    </Link>
  ) : (
    label
  )
}

function RefundDialog({
  charge,
  opened,
  close,
}: {
  charge: ChargeWithEntries
  opened: boolean
  close: () => void
}) {
  const [reason, setReason] = useState('')
  const refund = useChange(async () => {
    await api.post(`/v1/credits/charges/${charge.id}/refund`, { reason })
    close()
  })
  return (
    <Modal opened={opened} onClose={close} title="Refund this charge?">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          refund.mutate(undefined)
        }}
      >
        <p className="soft">
          {creditsText(charge.credits)} credits go back to the grants they came from, once. Results
          stay. The ledger gets a new entry; none is changed.
        </p>
        <Textarea
          label="Reason"
          required
          withAsterisk={false}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <FormError error={refund.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button type="submit" loading={refund.isPending}>
            Refund {creditsText(charge.credits)}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
