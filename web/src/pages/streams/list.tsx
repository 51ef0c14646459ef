import { Button, Checkbox, Modal, MultiSelect, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import type { Account, Stream, Tracker } from '../../api/generated/types.gen.ts'
import { useChange, useList } from '../../api/queries.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, FormError, fieldError, Gated, Page } from '../../ui/parts.tsx'
import { FreePill, Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'

/** Saved filters over calls and emails; they fill by themselves and cost nothing. */
export function StreamsPage() {
  const { can, times } = useHere()
  const streams = useList<Stream>('/v1/streams')
  const [adding, setAdding] = useState(false)
  return (
    <Page
      title="Streams"
      status={<FreePill why="a view of what is there" />}
      intro="A stream is a saved filter; new calls and emails that fit it join by themselves."
      actions={
        <Gated
          reason={!can('trackers:write') && 'Only admins can make streams.'}
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
            <Empty title="No streams yet">
              Make one from an account, a tracker's hits, or any filter.
            </Empty>
          }
          columns={[
            {
              head: 'Stream',
              lead: true,
              cell: ({ name }) => <span style={{ fontWeight: 550 }}>{name}</span>,
            },
            {
              head: 'Freshness',
              cell: ({ stale, dataAsOf }) =>
                stale ? (
                  <Pill tone="warn">Not updated since {times.moment(stale.since)}</Pill>
                ) : (
                  <span className="soft num">Up to date until {times.moment(dataAsOf)}</span>
                ),
            },
            {
              head: 'Followers',
              right: true,
              cell: ({ followers }) => <span className="num">{followers?.length ?? 0}</span>,
            },
          ]}
        />
      </Card>
      {adding && <AddDialog close={() => setAdding(false)} />}
    </Page>
  )
}

function AddDialog({ close }: { close: () => void }) {
  const navigate = useNavigate()
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const accounts = useList<Account>('/v1/accounts', { limit: 500 })
  const [name, setName] = useState('')
  const [types, setTypes] = useState(['call'])
  const [trackerIds, setTrackers] = useState<string[]>([])
  const [accountIds, setAccounts] = useState<string[]>([])
  const add = useChange(async () => {
    const filter = {
      itemTypes: types,
      ...(trackerIds.length
        ? { trackers: trackerIds.map((trackerId) => ({ trackerId, found: true })) }
        : {}),
      ...(accountIds.length ? { accountIds } : {}),
    }
    const made = await api.post<Stream>('/v1/streams', { name, filter })
    await navigate({ to: `/streams/${made.id}` })
  })
  const options = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name: label }) => ({ value: id, label }))
  const stopped =
    trackers.rows?.filter(({ id, status }) => trackerIds.includes(id) && status !== 'published') ??
    []
  return (
    <Modal opened onClose={close} title="New stream">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate(undefined)
        }}
      >
        <TextInput
          label="Name"
          required
          withAsterisk={false}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldError(add.error, 'name')}
        />
        <Checkbox.Group label="Of" value={types} onChange={setTypes}>
          <div className="row" style={{ marginTop: 6, gap: 20 }}>
            <Checkbox value="call" label="Calls" />
            <Checkbox value="email" label="Emails" />
          </div>
        </Checkbox.Group>
        <MultiSelect
          label="Where these trackers found something"
          placeholder={trackerIds.length ? '' : 'Any'}
          clearable
          value={trackerIds}
          onChange={setTrackers}
          data={options(trackers.rows)}
        />
        <MultiSelect
          label="Of these accounts"
          placeholder={accountIds.length ? '' : 'All'}
          searchable
          clearable
          value={accountIds}
          onChange={setAccounts}
          data={options(accounts.rows)}
        />
        {stopped.length > 0 && (
          <p className="small" style={{ color: 'var(--warn)' }}>
            Not live now: {stopped.map(({ name: of }) => of).join(', ')}. The stream gets nothing
            new from it.
          </p>
        )}
        <FormError error={add.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending} disabled={types.length === 0}>
            Make the stream
          </Button>
        </div>
      </form>
    </Modal>
  )
}
