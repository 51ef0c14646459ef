import { Button, Checkbox, Modal, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList } from '../../api/queries.ts'
import type { Member, Stream, Team, Tracker } from '../../api/types.ts'
import { FormError, fieldError, Gated } from '../../ui/parts.tsx'
import { EntitySelect } from '../work/entity.tsx'
import { bodyOf, type Filter, filterOf, noFilter } from './filter.tsx'

/** Makes a stream, or changes what is in one. */
export function StreamDialog({
  stream,
  close,
}: {
  stream?: Stream | undefined
  close: () => void
}) {
  const navigate = useNavigate()
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const teams = useList<Team>('/v1/teams', { limit: 500 })
  const members = useList<Member>('/v1/members', { limit: 1000 })
  const [name, setName] = useState(stream?.name ?? '')
  const [filter, setFilter] = useState<Filter>(stream ? filterOf(stream) : noFilter)
  const [notifyBackfilled, setNotify] = useState(stream?.notifyBackfilled ?? false)
  const set = (part: Partial<Filter>) => setFilter((now) => ({ ...now, ...part }))
  const save = useChange(async () => {
    const body = { name, filter: bodyOf(filter, stream), notifyBackfilled }
    if (stream) await api.patch(`/v1/streams/${stream.id}`, body)
    else {
      const made = await api.post<Stream>('/v1/streams', body)
      await navigate({ to: `/streams/${made.id}` })
    }
    close()
  })
  const options = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name: label }) => ({ value: id, label }))
  const stopped = trackers.rows?.filter(
    ({ id, status }) => filter.trackerIds.includes(id) && status !== 'published',
  )
  const missing =
    (!name.trim() && 'Give it a name.') ||
    (filter.itemTypes.length === 0 && 'Choose calls, emails, or both.')
  return (
    <Modal opened onClose={close} title={stream ? `Edit “${stream.name}”` : 'New stream'} size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (!missing) save.mutate(undefined)
        }}
      >
        <TextInput
          label="Name"
          data-autofocus
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldError(save.error, 'name')}
        />
        <Checkbox.Group
          label="Of"
          value={filter.itemTypes}
          onChange={(itemTypes) => set({ itemTypes })}
        >
          <div className="row" style={{ marginTop: 6, gap: 20 }}>
            <Checkbox value="call" label="Calls" />
            <Checkbox value="email" label="Emails" />
          </div>
        </Checkbox.Group>
        <MultiSelect
          label="Where these trackers found something"
          placeholder={filter.trackerIds.length ? '' : 'With or without'}
          searchable
          clearable
          value={filter.trackerIds}
          onChange={(trackerIds) => set({ trackerIds })}
          data={options(trackers.rows?.filter(({ status }) => status !== 'draft'))}
        />
        {stopped && stopped.length > 0 && (
          <p className="small" style={{ color: 'var(--warn)' }}>
            Not live now: {stopped.map(({ name: of }) => of).join(', ')}. Nothing new joins through
            it until it runs again.
          </p>
        )}
        <div className="grid-2">
          <EntitySelect
            type="account"
            label="Account"
            placeholder="All"
            clearable
            value={filter.accountId}
            onChange={(accountId) => set({ accountId })}
          />
          <Select
            label="With whom"
            placeholder="Anybody"
            clearable
            value={filter.scope || null}
            onChange={(scope) => set({ scope: scope ?? '' })}
            data={[
              { value: 'external', label: 'Somebody outside' },
              { value: 'internal', label: 'Colleagues only' },
            ]}
          />
          <MultiSelect
            label="Teams"
            placeholder={filter.teamIds.length ? '' : 'All'}
            searchable
            clearable
            value={filter.teamIds}
            onChange={(teamIds) => set({ teamIds })}
            data={options(teams.rows)}
          />
          <MultiSelect
            label="Colleagues"
            placeholder={filter.memberIds.length ? '' : 'All'}
            searchable
            clearable
            value={filter.memberIds}
            onChange={(memberIds) => set({ memberIds })}
            data={options(members.rows)}
          />
          <NumberInput
            label="Calls of at least, minutes"
            placeholder="Any length"
            min={0}
            value={filter.minMinutes}
            onChange={(value) => set({ minMinutes: value === '' ? '' : Number(value) })}
          />
        </div>
        <Checkbox
          label="Tell followers of what history adds, too"
          checked={notifyBackfilled}
          onChange={(event) => setNotify(event.currentTarget.checked)}
        />
        <FormError error={save.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Gated type="submit" reason={missing} loading={save.isPending}>
            {stream ? 'Save' : 'Make the stream – free'}
          </Gated>
        </div>
      </form>
    </Modal>
  )
}
