import {
  Checkbox,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useApi, useList } from '../../api/queries.ts'
import type { Account, Member, Team } from '../../api/types.ts'
import { fieldError } from '../../ui/parts.tsx'
import { partText, sides } from '../../words.ts'
import '../work/work.css'
import type { Definition } from './definition.ts'

interface Props {
  value: Definition
  change: (part: Partial<Definition>) => void
  error: Error | null
  isNew: boolean
  emailNote?: string | undefined
}

interface Pretrained {
  id: string
  name: string
  description: string
}

const examples = [
  ['Price objections', 'Does the customer object to the price?'],
  ['Competitors', 'Does the customer name another provider?'],
  ['Security questions', 'Does the customer ask for a security review or its documents?'],
  ['Wants to leave', 'Does the customer want to cancel or not to renew?'],
  ['Missing features', 'Does the customer miss something that we do not offer?'],
  ['Decision makers', 'Does the customer say who decides about the purchase?'],
] as const

/** The definition of a tracker, in the order in which one thinks of it. */
export function DefinitionFields({ value, change, error, isNew, emailNote }: Props) {
  const teams = useList<Team>('/v1/teams', { limit: 500 })
  const members = useList<Member>('/v1/members', { limit: 500 })
  const accounts = useList<Account>('/v1/accounts', { limit: 500 })
  const pretrained = useApi<{ data: Pretrained[] }>(
    '/v1/trackers/pretrained',
    {},
    { enabled: isNew },
  )
  const named = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name }) => ({ value: id, label: name }))
  const chosen = pretrained.data?.data.find(({ id }) => id === value.pretrainedId)
  return (
    <div className="stack-l">
      <section className="stack">
        <h2>What should it find?</h2>
        {isNew && (
          <SegmentedControl
            value={value.kind}
            onChange={(kind) => change({ kind: kind as Definition['kind'] })}
            data={[
              { value: 'question', label: 'A question' },
              { value: 'keyword', label: 'Keywords – free' },
              { value: 'pretrained', label: 'Pretrained – free' },
            ]}
          />
        )}
        <TextInput
          label="Name"
          value={value.name}
          maxLength={200}
          onChange={(event) => change({ name: event.currentTarget.value })}
          error={fieldError(error, 'name')}
        />
        {isNew && value.kind === 'question' && !value.question && (
          <div className="stack-s">
            <span className="muted small">Start from one of these, or write your own.</span>
            <div className="chips">
              {examples.map(([name, question]) => (
                <button
                  key={name}
                  type="button"
                  className="filter-chip"
                  style={{
                    padding: '0 12px',
                    font: 'inherit',
                    color: 'inherit',
                    cursor: 'pointer',
                  }}
                  onClick={() => change({ name, question })}
                >
                  {name}
                </button>
              ))}
            </div>
          </div>
        )}
        {value.kind === 'question' && (
          <>
            <Textarea
              label="Question"
              description="Answered yes or no for each conversation, with the words it stands on."
              placeholder="Does the customer ask for a security review or its documents?"
              autosize
              minRows={2}
              maxLength={2000}
              value={value.question}
              onChange={(event) => change({ question: event.currentTarget.value })}
              error={fieldError(error, 'question')}
            />
            <Textarea
              label="Extra instructions"
              description="Optional: what counts and what does not."
              autosize
              minRows={1}
              maxLength={10_000}
              value={value.instructions}
              onChange={(event) => change({ instructions: event.currentTarget.value })}
            />
          </>
        )}
        {value.kind === 'keyword' && (
          <Textarea
            label="Keywords"
            description="Divided by commas. Found in any of their forms."
            autosize
            value={value.keywords}
            onChange={(event) => change({ keywords: event.currentTarget.value })}
          />
        )}
        {value.kind === 'pretrained' && isNew && (
          <Select
            label="Pretrained tracker"
            description={chosen?.description}
            data={named(pretrained.data?.data)}
            value={value.pretrainedId || null}
            onChange={(id) => {
              const found = pretrained.data?.data.find((one) => one.id === id)
              change({ pretrainedId: id ?? '', ...(value.name ? {} : { name: found?.name ?? '' }) })
            }}
          />
        )}
        <div className="grid-2">
          <Select
            label="Said by"
            allowDeselect={false}
            value={value.side}
            onChange={(side) => change({ side: (side ?? 'anyone') as Definition['side'] })}
            data={Object.entries(sides).map(([key, label]) => ({
              value: key,
              label: `${label[0]?.toUpperCase()}${label.slice(1)}`,
            }))}
          />
          <Select
            label="Part of the call"
            allowDeselect={false}
            value={value.part}
            onChange={(part) => change({ part: (part ?? 'whole') as Definition['part'] })}
            data={[
              { value: 'whole', label: 'The whole call' },
              { value: 'start', label: 'Its beginning' },
              { value: 'end', label: 'Its end' },
            ]}
          />
        </div>
        {value.part !== 'whole' && (
          <div className="row" style={{ alignItems: 'flex-end' }}>
            <NumberInput
              label="How much"
              w={120}
              min={1}
              max={value.partUnit === 'percent' ? 100 : 600}
              value={value.partAmount}
              onChange={(amount) => change({ partAmount: Number(amount) || 1 })}
            />
            <Select
              aria-label="Unit"
              w={130}
              allowDeselect={false}
              value={value.partUnit}
              onChange={(unit) =>
                change({ partUnit: (unit ?? 'minutes') as Definition['partUnit'] })
              }
              data={['minutes', 'percent']}
            />
            <span className="muted small" style={{ paddingBottom: 8 }}>
              Reads {partText({ from: value.part, amount: value.partAmount, unit: value.partUnit })}
              ; the price stays.
            </span>
          </div>
        )}
      </section>
      <section className="stack">
        <h2>Which conversations?</h2>
        <div className="row wrap" style={{ gap: 24 }}>
          <Checkbox
            label="Calls"
            checked={value.calls}
            onChange={(event) => change({ calls: event.currentTarget.checked })}
          />
          <Checkbox
            label={emailNote ? `Emails – ${emailNote}` : 'Emails'}
            checked={value.emails}
            onChange={(event) => change({ emails: event.currentTarget.checked })}
          />
        </div>
        <div className="grid-2">
          <MultiSelect
            label="Teams"
            placeholder={value.teamIds.length ? '' : 'All'}
            clearable
            searchable
            value={value.teamIds}
            onChange={(teamIds) => change({ teamIds })}
            data={named(teams.rows)}
          />
          <MultiSelect
            label="Members"
            placeholder={value.memberIds.length ? '' : 'All'}
            clearable
            searchable
            value={value.memberIds}
            onChange={(memberIds) => change({ memberIds })}
            data={named(members.rows)}
          />
          <MultiSelect
            label="Accounts"
            placeholder={value.accountIds.length ? '' : 'All'}
            clearable
            searchable
            value={value.accountIds}
            onChange={(accountIds) => change({ accountIds })}
            data={named(accounts.rows)}
          />
          <MultiSelect
            label="Direction"
            placeholder={value.direction.length ? '' : 'Any'}
            clearable
            value={value.direction}
            onChange={(direction) => change({ direction })}
            data={['inbound', 'outbound', 'conference', 'unknown']}
          />
          <MultiSelect
            label="With whom"
            placeholder={value.scope.length ? '' : 'Internal and external'}
            clearable
            value={value.scope}
            onChange={(scope) => change({ scope })}
            data={['internal', 'external', 'unknown']}
          />
          <div className="row" style={{ alignItems: 'flex-end' }}>
            <NumberInput
              label="Call length, minutes"
              placeholder="From"
              min={0}
              value={value.minMinutes}
              onChange={(minutes) => change({ minMinutes: minutes === '' ? '' : Number(minutes) })}
            />
            <NumberInput
              aria-label="Call length at most, minutes"
              placeholder="To"
              min={0}
              value={value.maxMinutes}
              onChange={(minutes) => change({ maxMinutes: minutes === '' ? '' : Number(minutes) })}
            />
          </div>
        </div>
      </section>
    </div>
  )
}
