import { Button, MultiSelect, Select, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList } from '../../api/queries.ts'
import type { Automation, Brief, Member, Tracker } from '../../api/types.ts'
import { creditsText, microsOf } from '../../credits.ts'
import { Card, FormError, fieldError, Gated } from '../../ui/parts.tsx'
import { type Entity, EntityField, periods } from '../work/entity.tsx'
import { usePrice } from './run-now.tsx'

/** How often a schedule comes up in a month, for what it will cost. */
const perMonth: Record<string, number> = { day: 30, week: 4.33, month: 1 }

interface Given {
  when: { type: string; every: string; at: string; trackerId: string; backfilled: boolean }
  scope: string
}

function givenOf(given: Automation | undefined): Given {
  const when = { type: 'schedule', every: 'week', at: '09:00', trackerId: '', backfilled: false }
  const scope = [given?.if.scope ?? ''].flat()[0] as string
  return { when: { ...when, ...given?.when } as Given['when'], scope }
}

/** When, if, then: and what a run costs. */
export function AutomationForm({
  given,
  briefId: firstBrief,
  label,
  saved,
}: {
  given: Automation | undefined
  briefId: string
  label: string
  saved: (automation: Automation) => void
}) {
  const briefs = useList<Brief>('/v1/briefs', { limit: 200 })
  const members = useList<Member>('/v1/members', { limit: 500 })
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const first = givenOf(given)
  const [name, setName] = useState(given?.name ?? '')
  const [when, setWhen] = useState(first.when)
  const [scope, setScope] = useState(first.scope)
  const [briefId, setBrief] = useState(given?.then.briefId ?? firstBrief)
  const [deliverTo, setDeliver] = useState<string[]>(given?.then.deliverTo ?? [])
  const [timePeriod, setPeriod] = useState(given?.then.timePeriod ?? 'LAST_90DAYS')
  const then = given?.then.entity
  const isSchedule = when.type === 'schedule'
  const [isTriggers, setTriggers] = useState(then === undefined || then === 'trigger')
  const [entity, setEntity] = useState<Entity>(
    typeof then === 'object' ? (then as Entity) : { type: 'account', id: '' },
  )
  const isNamed = isSchedule || !isTriggers
  const change = (part: Partial<Given['when']>) => setWhen((now) => ({ ...now, ...part }))
  const save = useChange(async () => {
    const { type, every, at, trackerId, backfilled } = when
    const made = {
      name,
      when: isSchedule
        ? { type, every, at }
        : type === 'tracker_hit'
          ? { type, trackerId, backfilled }
          : { type },
      if: { ...rest(given?.if), ...(scope && !isSchedule ? { scope } : {}) },
      then: { briefId, entity: isNamed ? entity : 'trigger', timePeriod, deliverTo },
    }
    const answer = given
      ? await api.patch<Automation>(`/v1/automations/${given.id}`, made)
      : await api.post<Automation>('/v1/automations', { ...made, enabled: true })
    saved(answer)
  })
  const options = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name: text }) => ({ value: id, label: text }))
  const price = usePrice(briefId, isNamed ? entity : undefined, timePeriod)
  const missing =
    (!name.trim() && 'Give it a name.') ||
    (when.type === 'tracker_hit' && !when.trackerId && 'Choose the tracker.') ||
    (!briefId && 'Choose the brief.') ||
    (isNamed && !entity.id && 'Choose whom it is about.')
  return (
    <form
      className="editor"
      onSubmit={(event) => {
        event.preventDefault()
        if (!missing) save.mutate(undefined)
      }}
    >
      <div className="stack-l">
        <TextInput
          label="Name"
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldError(save.error, 'name')}
        />
        <section className="stack">
          <h2>When</h2>
          <div className="grid-2">
            <Select
              label="Set off by"
              allowDeselect={false}
              value={when.type}
              onChange={(type) => change({ type: type ?? 'schedule' })}
              data={[
                { value: 'schedule', label: 'A schedule' },
                { value: 'call_processed', label: 'A call that can be read' },
                { value: 'tracker_hit', label: 'A tracker that found something' },
              ]}
            />
            {isSchedule && (
              <div className="row" style={{ alignItems: 'flex-end' }}>
                <Select
                  label="Every"
                  allowDeselect={false}
                  style={{ flex: 1 }}
                  value={when.every}
                  onChange={(every) => change({ every: every ?? 'week' })}
                  data={[
                    { value: 'day', label: 'Day' },
                    { value: 'week', label: 'Week, on Mondays' },
                    { value: 'month', label: 'Month, on the first' },
                  ]}
                />
                <TextInput
                  label="At"
                  type="time"
                  value={when.at}
                  onChange={(event) => change({ at: event.currentTarget.value })}
                />
              </div>
            )}
            {when.type === 'tracker_hit' && (
              <Select
                label="Tracker"
                searchable
                value={when.trackerId || null}
                onChange={(id) => change({ trackerId: id ?? '' })}
                data={options(trackers.rows)}
              />
            )}
          </div>
          {when.type === 'tracker_hit' && (
            <Switch
              label="Hits in history count too"
              checked={when.backfilled}
              onChange={(event) => change({ backfilled: event.currentTarget.checked })}
            />
          )}
        </section>
        {!isSchedule && (
          <section className="stack">
            <h2>If</h2>
            <Select
              label="With whom"
              w={240}
              clearable
              placeholder="Anybody"
              value={scope || null}
              onChange={(value) => setScope(value ?? '')}
              data={[
                { value: 'external', label: 'Somebody outside' },
                { value: 'internal', label: 'Colleagues only' },
              ]}
            />
          </section>
        )}
        <section className="stack">
          <h2>Then</h2>
          <div className="grid-2">
            <Select
              label="Generate"
              placeholder="A brief"
              searchable
              value={briefId || null}
              onChange={(id) => setBrief(id ?? '')}
              data={options(briefs.rows?.filter(({ status }) => status === 'published'))}
            />
            <Select
              label="Period"
              allowDeselect={false}
              value={timePeriod}
              onChange={(value) => setPeriod(value ?? 'LAST_90DAYS')}
              data={periods}
            />
          </div>
          {!isSchedule && (
            <Switch
              label="About the account of the call or email"
              checked={isTriggers}
              onChange={(event) => setTriggers(event.currentTarget.checked)}
            />
          )}
          {isNamed && (
            <div className="row wrap" style={{ alignItems: 'flex-end' }}>
              <EntityField value={entity} onChange={setEntity} />
            </div>
          )}
          <MultiSelect
            label="Deliver to"
            description="In the app and by email, to those who may see all that it stands on."
            searchable
            value={deliverTo}
            onChange={setDeliver}
            data={options(members.rows)}
          />
        </section>
        <FormError error={save.error} />
        <div>
          <Gated type="submit" reason={missing} loading={save.isPending}>
            {label}
          </Gated>
          {given && (
            <Button variant="subtle" onClick={() => saved(given)}>
              Cancel
            </Button>
          )}
        </div>
      </div>
      <aside aria-label="Price">
        <Card title="What it costs">
          {price.data ? (
            <div className="stack-s">
              <div className="spread">
                <span>Each run, as of now</span>
                <b className="num" data-testid="run-price">
                  {creditsText(price.data.paidCredits ?? 0)}
                </b>
              </div>
              {isSchedule && (
                <div className="spread">
                  <span>A month</span>
                  <span className="num">
                    ≈ {monthly(price.data.paidCredits ?? 0, perMonth[when.every] ?? 1)}
                  </span>
                </div>
              )}
              <p className="muted small">
                Charged each time, “run now” included. Sections from trackers are free.
              </p>
            </div>
          ) : (
            <p className="soft">
              {price.error
                ? `Cost unknown: ${price.error.message}`
                : isNamed
                  ? 'The price stands here once brief and customer are chosen.'
                  : 'Each run is priced by the calls and emails of the account that sets it off.'}
            </p>
          )}
        </Card>
      </aside>
    </form>
  )
}

/** Conditions that this form does not show are kept. */
function rest(condition: Automation['if'] | undefined) {
  const { scope: _, ...others } = (condition ?? {}) as Record<string, unknown>
  return others
}

function monthly(credits: number, times: number): string {
  const micros = (microsOf(credits) * BigInt(Math.round(times * 100))) / 100n
  return ((micros + 500_000n) / 1_000_000n).toLocaleString('en-US')
}
