import { Button, Modal, MultiSelect, Select, Switch, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import type {
  Automation,
  AutomationRun,
  Brief,
  Member,
  Tracker,
} from '../../api/generated/types.gen.ts'
import { useBalance, useChange, useList } from '../../api/queries.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty, FormError, Gated, Notice, Page } from '../../ui/parts.tsx'
import { JobStatus, Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { type Entity, EntityField } from '../work/entity.tsx'

/** What generates briefs by itself, when, and what each run cost or why it was skipped. */
export function AutomationsPage() {
  const { can } = useHere()
  const { data: balance } = useBalance(can('credits:read'))
  const automations = useList<Automation>('/v1/automations')
  const briefs = useList<Brief>('/v1/briefs', { limit: 200 })
  const names = new Map(briefs.rows?.map(({ id, name }) => [id, name]))
  const [adding, setAdding] = useState(false)
  const [shown, setShown] = useState<Automation>()
  const change = useChange(({ id, enabled }: Automation) =>
    api.patch(`/v1/automations/${id}`, { enabled: !enabled }),
  )
  const run = useChange((id: string) => api.post(`/v1/automations/${id}/run`))
  const isOut = balance?.status === 'exhausted' && balance.total > 0
  return (
    <Page
      title="Automations"
      intro="Briefs that generate themselves. Each run uses credits for its conversation sections, “run now” included."
      actions={
        <Gated
          reason={!can('trackers:write') && 'Only admins can automate.'}
          leftSection={<Plus size={15} />}
          onClick={() => setAdding(true)}
        >
          New automation
        </Gated>
      }
    >
      <div className="stack">
        {isOut && (
          <Notice tone="danger" title="On hold: out of credits">
            Runs are skipped, with the reason in their log. Skipped runs are not made up for; the
            next trigger after credits are added works.
          </Notice>
        )}
        <FormError error={change.error ?? run.error} />
        <Card flush>
          <ListTable
            what="automations"
            of={automations}
            caption="Automations"
            id={({ id }) => id}
            empty={
              <Empty title="No automations yet">
                For example: every Monday at nine, a brief about each key account.
              </Empty>
            }
            columns={[
              {
                head: 'Automation',
                lead: true,
                cell: ({ name }) => <span style={{ fontWeight: 550 }}>{name}</span>,
              },
              { head: 'When', cell: ({ when }) => whenText(when) },
              {
                head: 'Brief',
                cell: ({ then }) => (
                  <Link to={`/briefs/${then.briefId}`}>
                    {names.get(then.briefId) ?? then.briefId}
                  </Link>
                ),
              },
              {
                head: 'State',
                cell: (automation) =>
                  isOut && automation.enabled ? (
                    <Pill tone="danger">On hold</Pill>
                  ) : (
                    <Switch
                      size="xs"
                      aria-label={`${automation.name} runs`}
                      checked={automation.enabled}
                      onChange={() => change.mutate(automation)}
                    />
                  ),
              },
              {
                head: '',
                right: true,
                cell: (automation) => (
                  <span className="row" style={{ justifyContent: 'flex-end' }}>
                    <Button
                      size="compact-xs"
                      variant="default"
                      onClick={() => setShown(automation)}
                    >
                      Run log
                    </Button>
                    <Gated
                      size="compact-xs"
                      variant="default"
                      reason={isOut && 'Out of credits.'}
                      onClick={() => run.mutate(automation.id)}
                    >
                      Run now
                    </Gated>
                  </span>
                ),
              },
            ]}
          />
        </Card>
        {shown && <Runs automation={shown} />}
      </div>
      {adding && <AddDialog close={() => setAdding(false)} />}
    </Page>
  )
}

function whenText({ type, every, at }: Automation['when']): string {
  if (type === 'schedule') return `every ${every} at ${at}`
  return type === 'call_processed' ? 'a call was processed' : 'a tracker found something'
}

function Runs({ automation }: { automation: Automation }) {
  const { times } = useHere()
  const runs = useList<AutomationRun>(`/v1/automations/${automation.id}/runs`)
  return (
    <Card title={`Runs of ${automation.name}`} flush>
      <ListTable
        what="the runs"
        of={runs}
        caption="Runs, newest first"
        id={({ id, at }) => id ?? at}
        empty={<Empty title="It has not run yet" />}
        columns={[
          {
            head: 'When',
            lead: true,
            cell: ({ at }) => <span className="num">{times.moment(at)}</span>,
          },
          { head: 'Outcome', cell: ({ status }) => <JobStatus status={status} /> },
          {
            head: 'Reason',
            cell: ({ reason }) => reason?.replaceAll('_', ' ').replaceAll('-', ' ') ?? '',
          },
          {
            head: 'Credits',
            right: true,
            amount: true,
            cell: ({ credits }) => <Credits value={credits} />,
          },
        ]}
      />
    </Card>
  )
}

function AddDialog({ close }: { close: () => void }) {
  const briefs = useList<Brief>('/v1/briefs', { limit: 200 })
  const members = useList<Member>('/v1/members', { limit: 500 })
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const [name, setName] = useState('')
  const [type, setType] = useState('schedule')
  const [every, setEvery] = useState('week')
  const [at, setAt] = useState('09:00')
  const [trackerId, setTracker] = useState('')
  const [briefId, setBrief] = useState('')
  const [deliverTo, setDeliver] = useState<string[]>([])
  const [entity, setEntity] = useState<Entity>({ type: 'account', id: '' })
  const isSchedule = type === 'schedule'
  const add = useChange(async () => {
    const when = isSchedule
      ? { type, every, at }
      : type === 'tracker_hit'
        ? { type, trackerId }
        : { type }
    await api.post('/v1/automations', {
      name,
      enabled: true,
      when,
      then: { briefId, entity: isSchedule ? entity : 'trigger', deliverTo },
    })
    close()
  })
  const options = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name: label }) => ({ value: id, label }))
  return (
    <Modal opened onClose={close} title="New automation" size="lg">
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
        />
        <Select
          label="When"
          allowDeselect={false}
          value={type}
          onChange={(value) => setType(value ?? 'schedule')}
          data={[
            { value: 'schedule', label: 'On a schedule' },
            { value: 'call_processed', label: 'A call was processed' },
            { value: 'tracker_hit', label: 'A tracker found something' },
          ]}
        />
        {isSchedule && (
          <div className="row">
            <Select
              label="Every"
              allowDeselect={false}
              value={every}
              onChange={(value) => setEvery(value ?? 'week')}
              data={['day', 'week', 'month']}
            />
            <TextInput
              label="At"
              type="time"
              value={at}
              onChange={(event) => setAt(event.currentTarget.value)}
            />
          </div>
        )}
        {type === 'tracker_hit' && (
          <Select
            label="Tracker"
            value={trackerId || null}
            onChange={(id) => setTracker(id ?? '')}
            data={options(trackers.rows)}
          />
        )}
        <Select
          label="Generate"
          placeholder="A brief"
          value={briefId || null}
          onChange={(id) => setBrief(id ?? '')}
          data={options(briefs.rows)}
        />
        {isSchedule && (
          <div className="row wrap" style={{ alignItems: 'flex-end' }}>
            <EntityField value={entity} onChange={setEntity} />
          </div>
        )}
        <MultiSelect
          label="Deliver to"
          searchable
          value={deliverTo}
          onChange={setDeliver}
          data={options(members.rows)}
        />
        <FormError error={add.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={add.isPending}
            disabled={!briefId || (isSchedule && !entity.id)}
          >
            Set it up
          </Button>
        </div>
      </form>
    </Modal>
  )
}
