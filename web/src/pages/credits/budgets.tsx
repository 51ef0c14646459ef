import { Button, NumberInput, SegmentedControl, Select } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useApi, useChange, useList } from '../../api/queries.ts'
import type { Budget, Integration, Member, Team, Tracker, Usage } from '../../api/types.ts'
import { creditsText, lengthOf, microsOf, shareText } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Card, Credits, Empty, fieldError, Gated, onlyTechAdmins, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { featureName } from '../../words.ts'

const scopes = {
  team: 'Team',
  member: 'Member',
  integration: 'Integration',
  feature: 'Feature',
  instance: 'Single tracker or automation',
}
type ScopeType = keyof typeof scopes

function useScopeNames() {
  const teams = useList<Team>('/v1/teams', { limit: 500 })
  const members = useList<Member>('/v1/members', { limit: 500 })
  const integrations = useList<Integration>('/v1/integrations', { limit: 500 })
  const trackers = useList<Tracker>('/v1/trackers', { limit: 500 })
  const used = useApi<Usage>('/v1/credits/usage', { granularity: 'month', groupBy: 'feature' })
  const outside = used.data?.data.flatMap(({ key }) => (key === null ? [] : [key])) ?? []
  const own = ['ai_tracker', 'ask_anything', 'ai_briefer', 'mcp', 'automated_brief']
  const features = [...new Set([...own, ...outside])].map((id) => ({ id, name: featureName(id) }))
  const all = {
    team: teams.rows,
    member: members.rows,
    integration: integrations.rows,
    instance: trackers.rows,
    feature: features,
  }
  return (type: ScopeType) => (all[type] ?? []).map(({ id, name }) => ({ value: id, label: name }))
}

/** Caps inside the pool; enforced in the same step as each charge. */
export function BudgetsPage() {
  const { can, times } = useHere()
  const budgets = useList<Budget>('/v1/budgets', {}, { everyMs: 5_000 })
  const [adding, setAdding] = useState(false)
  const [changed, setChanged] = useState<Budget>()
  const namesOf = useScopeNames()
  const nameOf = ({ type, id }: Budget['scope']) =>
    namesOf(type as ScopeType).find(({ value }) => value === id)?.label ?? id
  const [removing, setRemoving] = useState<Budget>()
  const remove = useChange(async () => {
    await api.del(`/v1/budgets/${removing?.id}`)
    setRemoving(undefined)
  })
  return (
    <Page
      title="Budgets"
      crumbs={<Link to="/credits">Credits</Link>}
      intro="A budget caps what a team, member, key, feature or single tracker may use. What was used before it was made counts."
      actions={
        <Gated
          reason={!can('admin') && onlyTechAdmins}
          leftSection={<Plus size={15} />}
          onClick={() => setAdding(true)}
        >
          New budget
        </Gated>
      }
    >
      <div className="stack">
        <Card flush>
          <ListTable
            what="budgets"
            of={budgets}
            caption="Budgets"
            id={({ id }) => id}
            empty={
              <Empty
                title="No budgets"
                action={can('admin') && <Button onClick={() => setAdding(true)}>New budget</Button>}
              >
                Without one, every team and feature may use the whole pool.
              </Empty>
            }
            columns={[
              {
                head: 'For',
                lead: true,
                cell: ({ scope }) => (
                  <>
                    <span style={{ fontWeight: 550 }}>{nameOf(scope)}</span>
                    <div className="muted small">{scopes[scope.type as ScopeType]}</div>
                  </>
                ),
              },
              {
                head: 'Period',
                cell: ({ period, periodEnd }) => (
                  <>
                    {period === 'month' ? 'Month' : 'Contract year'}
                    <div className="muted small num">until {times.day(periodEnd)}</div>
                  </>
                ),
              },
              {
                head: 'Used',
                width: 260,
                cell: ({ used, held, credits }) => {
                  const taken = microsOf(used) + microsOf(held)
                  const part = Math.min(
                    100,
                    (lengthOf(taken) / Math.max(1e-6, lengthOf(credits))) * 100,
                  )
                  return (
                    <>
                      <span className="num small">
                        {creditsText(used)} of {creditsText(credits)} (
                        {shareText(taken, microsOf(credits))} %)
                        {held > 0 && `, ${creditsText(held)} held`}
                      </span>
                      <div
                        className="meter thin"
                        data-tone={part >= 80 ? 'warn' : undefined}
                        aria-hidden
                        style={{ marginTop: 4 }}
                      >
                        <i style={{ width: `${part}%` }} />
                      </div>
                    </>
                  )
                },
              },
              {
                head: 'State',
                cell: ({ remaining, warned }) =>
                  remaining <= 0 ? (
                    <Pill tone="warn">Reached</Pill>
                  ) : warned.includes(80) ? (
                    <Pill tone="warn">Over 80 %</Pill>
                  ) : (
                    <Pill tone="ok">Within</Pill>
                  ),
              },
              {
                head: 'Left',
                right: true,
                amount: true,
                cell: ({ remaining }) => <Credits value={remaining} />,
              },
              {
                head: '',
                right: true,
                cell: (budget) =>
                  can('admin') && (
                    <span className="row" style={{ justifyContent: 'flex-end' }}>
                      <Button
                        size="compact-xs"
                        variant="default"
                        onClick={() => setChanged(budget)}
                      >
                        Change
                      </Button>
                      <Button
                        size="compact-xs"
                        variant="subtle"
                        color="gray"
                        onClick={() => setRemoving(budget)}
                      >
                        Remove
                      </Button>
                    </span>
                  ),
              },
            ]}
          />
        </Card>
      </div>
      {removing && (
        <Confirm
          title={`Remove the budget of ${nameOf(removing.scope)}?`}
          label="Remove"
          of={remove}
          close={() => setRemoving(undefined)}
        >
          It may then use the whole pool. What was used stays in the ledger.
        </Confirm>
      )}
      {(adding || changed) && (
        <BudgetDialog
          budget={changed}
          others={budgets.rows ?? []}
          nameOf={nameOf}
          options={namesOf}
          close={() => {
            setAdding(false)
            setChanged(undefined)
          }}
        />
      )}
    </Page>
  )
}

function BudgetDialog({
  budget,
  others,
  nameOf,
  options,
  close,
}: {
  budget: Budget | undefined
  /** Those that are there already. */
  others: Budget[]
  nameOf: (scope: Budget['scope']) => string
  options: ReturnType<typeof useScopeNames>
  close: () => void
}) {
  const [type, setType] = useState<ScopeType>((budget?.scope.type as ScopeType) ?? 'team')
  const [id, setId] = useState(budget?.scope.id ?? '')
  const [period, setPeriod] = useState<string>(budget?.period ?? 'month')
  const [credits, setCredits] = useState<number | string>(budget?.credits ?? '')
  const amount = Number(credits)
  // Two teams never share a request; a team and a feature may.
  const also = others.filter(
    (other) => other.id !== budget?.id && (other.scope.type !== type || other.scope.id === id),
  )
  const save = useChange(async () => {
    if (budget) await api.patch(`/v1/budgets/${budget.id}`, { credits: amount })
    else await api.post('/v1/budgets', { scope: { type, id }, period, credits: amount })
    close()
  })
  return (
    <FormDialog
      title={budget ? 'Change the cap' : 'New budget'}
      verb={budget ? 'Change' : 'Make the budget'}
      of={save}
      close={close}
      disabled={!(amount > 0) || !id}
    >
      {!budget && (
        <>
          <Select
            label="For a"
            allowDeselect={false}
            value={type}
            onChange={(value) => {
              setType((value ?? 'team') as ScopeType)
              setId('')
            }}
            data={Object.entries(scopes).map(([value, label]) => ({ value, label }))}
          />
          <Select
            label={scopes[type]}
            searchable
            placeholder="Choose"
            value={id || null}
            onChange={(value) => setId(value ?? '')}
            data={options(type)}
            error={fieldError(save.error, 'scope.id')}
          />
          <SegmentedControl
            value={period}
            onChange={setPeriod}
            data={[
              { value: 'month', label: 'Each month' },
              { value: 'contractYear', label: 'Each contract year' },
            ]}
          />
        </>
      )}
      <NumberInput
        label="Credits"
        min={0}
        decimalScale={6}
        thousandSeparator=","
        hideControls
        value={credits}
        onChange={setCredits}
        error={fieldError(save.error, 'credits')}
      />
      {amount > 0 && (
        <p className="soft num">
          At {creditsText((microsOf(amount) * 8n) / 10n)} the admins are told. At{' '}
          {creditsText(amount)} its requests are refused and its trackers stop; everything else goes
          on.
        </p>
      )}
      {also.length > 0 && (
        <div className="small soft">
          <p>May count the same requests; whichever ends first stops them:</p>
          <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
            {also.map((other) => (
              <li key={other.id} className="num">
                {nameOf(other.scope)} ({scopes[other.scope.type as ScopeType]}),{' '}
                {creditsText(other.remaining)} of {creditsText(other.credits)} left
              </li>
            ))}
          </ul>
        </div>
      )}
    </FormDialog>
  )
}
