import { Button, Modal, NumberInput, SegmentedControl, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useBalance, useChange, useList } from '../../api/queries.ts'
import type { Balance, Grant, Tracker } from '../../api/types.ts'
import { creditsText, microsOf, shareText } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'
import {
  Card,
  Credits,
  Empty,
  FormError,
  fieldError,
  Gated,
  onlyTechAdmins,
  Page,
} from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { sources } from '../../words.ts'

/** What was granted and bought, until when, and what is left of it. */
export function GrantsPage() {
  const { can, times } = useHere()
  const [search, setSearch] = useSearch()
  const grants = useList<Grant>('/v1/credits/grants')
  const [voiding, setVoiding] = useState<Grant>()
  return (
    <Page
      title="Grants and purchases"
      crumbs={<Link to="/credits">Credits</Link>}
      actions={
        <Gated
          reason={!can('admin') && onlyTechAdmins}
          leftSection={<Plus size={15} />}
          onClick={() => setSearch({ add: '1' })}
        >
          Add credits
        </Gated>
      }
    >
      <Card flush>
        <ListTable
          what="the grants"
          of={grants}
          caption="Grants, newest first"
          id={({ id }) => id}
          empty={
            <Empty
              title="Nothing granted yet"
              action={
                can('admin') && (
                  <Button component={Link} to="/admin/contract" variant="default">
                    Set the contract
                  </Button>
                )
              }
            >
              Default credits come with the seats of the contract; purchased ones are added here.
            </Empty>
          }
          columns={[
            {
              head: 'Grant',
              lead: true,
              cell: ({ source, reference, reason }) => (
                <>
                  {sources[source]}
                  {reference && <span className="muted"> · {reference}</span>}
                  {reason && <div className="muted micro">{reason}</div>}
                </>
              ),
            },
            {
              head: 'Status',
              cell: ({ status }) => (
                <Pill tone={status === 'usable' ? 'ok' : status === 'scheduled' ? 'info' : 'plain'}>
                  {{ usable: 'Usable', scheduled: 'Scheduled', ended: 'Ended' }[status]}
                </Pill>
              ),
            },
            {
              head: 'Left',
              right: true,
              amount: true,
              cell: ({ remaining }) => <Credits value={remaining} />,
            },
            { head: 'Granted', right: true, cell: ({ credits }) => <Credits value={credits} /> },
            { head: 'Charged', right: true, cell: ({ consumed }) => <Credits value={consumed} /> },
            { head: 'Held', right: true, cell: ({ held }) => <Credits value={held} /> },
            {
              head: 'Expired or voided',
              right: true,
              cell: ({ expired, voided }) => (
                <Credits value={microsOf(expired) + microsOf(voided)} />
              ),
            },
            { head: 'From', cell: ({ effectiveAt }) => times.day(effectiveAt) },
            {
              head: 'Usable until',
              cell: ({ expiresAt }) => (expiresAt ? times.lastDay(expiresAt) : 'no end'),
            },
            {
              head: '',
              right: true,
              cell: (grant) => (
                <span className="row" style={{ justifyContent: 'flex-end' }}>
                  <Link to={`/credits/ledger?grantId=${grant.id}`} className="small">
                    Entries
                  </Link>
                  {can('admin') && grant.status !== 'ended' && (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="gray"
                      onClick={() => setVoiding(grant)}
                    >
                      Void
                    </Button>
                  )}
                </span>
              ),
            },
          ]}
        />
      </Card>
      {can('admin') && (
        <AddDialog opened={search.add === '1'} close={() => setSearch({ add: null })} />
      )}
      {voiding && <VoidDialog grant={voiding} close={() => setVoiding(undefined)} />}
    </Page>
  )
}

/** Records credits, and says what they change before they do. */
function AddDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const { times } = useHere()
  const { data: balance } = useBalance()
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 }, { enabled: opened })
  const [credits, setCredits] = useState<number | string>('')
  const [source, setSource] = useState<'purchased' | 'adjustment'>('purchased')
  const [reference, setReference] = useState('')
  const [expires, setExpires] = useState('')
  const amount = Number(credits)
  const stopped = trackers.rows?.filter(({ status }) => status === 'out_of_credits') ?? []
  const add = useChange(async () => {
    const given = { credits: amount, ...(expires ? { expiresAt: endOf(expires) } : {}) }
    const text = source === 'purchased' ? { reference } : { reason: reference }
    await api.post('/v1/credits/grants', { source, ...given, ...(reference ? text : {}) })
    notifications.show({
      title: `${creditsText(amount)} credits added`,
      message: stopped.length ? 'Stopped trackers wait to be resumed.' : 'They are usable now.',
    })
    setCredits('')
    setReference('')
    close()
  })
  return (
    <Modal opened={opened} onClose={close} title="Add credits" size="md">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate(undefined)
        }}
      >
        <NumberInput
          label="Credits"
          value={credits}
          onChange={setCredits}
          min={0}
          max={1_000_000_000}
          decimalScale={6}
          thousandSeparator=","
          hideControls
          required
          withAsterisk={false}
          data-autofocus
          error={fieldError(add.error, 'credits')}
        />
        <div>
          <p className="small" style={{ fontWeight: 500, marginBottom: 4 }}>
            Kind
          </p>
          <SegmentedControl
            fullWidth
            value={source}
            onChange={(value) => setSource(value as typeof source)}
            data={[
              { value: 'purchased', label: 'Purchase' },
              { value: 'adjustment', label: 'Adjustment' },
            ]}
          />
        </div>
        <TextInput
          label={source === 'purchased' ? 'Reference' : 'Reason'}
          description={source === 'purchased' ? 'Such as the number of the order.' : undefined}
          value={reference}
          onChange={(event) => setReference(event.currentTarget.value)}
        />
        <TextInput
          label="Last day"
          type="date"
          description="Left open: the end of the contract term."
          value={expires}
          onChange={(event) => setExpires(event.currentTarget.value)}
          error={fieldError(add.error, 'expiresAt')}
        />
        {balance && amount > 0 && (
          <AddPreview balance={balance} amount={amount} stopped={stopped.length} />
        )}
        <FormError error={add.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending} disabled={!(amount > 0)}>
            {amount > 0 ? `Add ${creditsText(amount)} credits` : 'Add credits'}
          </Button>
        </div>
      </form>
    </Modal>
  )

  /** The first instant after a local day. */
  function endOf(day: string): string {
    return times.begin(
      daysFrom(new Date(`${day}T00:00:00Z`), 1)
        .toISOString()
        .slice(0, 10),
    )
  }
}

function AddPreview({
  balance,
  amount,
  stopped,
}: {
  balance: Balance
  amount: number
  stopped: number
}) {
  const after = microsOf(balance.available) + microsOf(amount)
  const total = microsOf(balance.total) + microsOf(amount)
  const percent = shareText(microsOf(balance.used), total)
  const rearmed = balance.thresholds.filter(
    ({ percent: of, reachedAt }) => reachedAt && Number(percent) < of,
  )
  return (
    <div className="notice" data-tone="info">
      <div className="stack-s num">
        <p>
          Left {creditsText(balance.available)} → <b>{creditsText(after)}</b> · {percent} % used
          {rearmed.length > 0 &&
            ` · ${rearmed.map(({ percent: of }) => of).join(', ')} % warn again`}
        </p>
        <p className="soft">
          By themselves: API and MCP requests, the next automated briefs.
          {stopped > 0 &&
            ` Only when resumed: ${stopped} stopped ${stopped === 1 ? 'tracker' : 'trackers'}.`}
        </p>
      </div>
    </div>
  )
}

function VoidDialog({ grant, close }: { grant: Grant; close: () => void }) {
  const [reason, setReason] = useState('')
  const change = useChange(async () => {
    await api.post(`/v1/credits/grants/${grant.id}/void`, { reason })
    close()
  })
  return (
    <Modal opened onClose={close} title="Void what is left of this grant?">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate(undefined)
        }}
      >
        <p className="soft num">
          {creditsText(grant.remaining)} available credits go at once
          {grant.held > 0 && `, ${creditsText(grant.held)} held ones when their work ends`}. What
          was charged stays, and so does the history.
        </p>
        <TextInput
          label="Reason"
          required
          withAsterisk={false}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <FormError error={change.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button type="submit" color="red" loading={change.isPending}>
            Void {creditsText(grant.remaining)}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
