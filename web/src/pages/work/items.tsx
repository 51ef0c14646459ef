import { Button, SegmentedControl, Select } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Lock, Upload } from 'lucide-react'
import { useList, useNames } from '../../api/queries.ts'
import type { CallListed, EmailListed, Member } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { lengthText } from '../../times.ts'
import { Card, Empty, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { EntitySelect, useEntityName } from './entity.tsx'
import {
  type Filter,
  FilterChips,
  NothingFits,
  PeriodFilter,
  SearchBox,
  useFilters,
  usePeriod,
} from './filters.tsx'

const lengths: Record<string, { label: string; query: Record<string, string> }> = {
  short: { label: 'Up to 10 min', query: { maxDurationSeconds: '600' } },
  long: { label: 'Over 10 min', query: { minDurationSeconds: '600.000001' } },
}

/** Every call and email that the person may see. */
export function ItemsPage() {
  const { can, session } = useHere()
  const [search, setSearch] = useSearch()
  const isEmails = search.type === 'emails'
  const members = useList<Member>('/v1/members', { limit: 1000 })
  const accountName = useEntityName({ type: 'account', id: search.account ?? '' })
  const filters = useFilters({
    account: () => accountName,
    member: (id) => members.rows?.find((one) => one.id === id)?.name ?? id,
    ...(isEmails ? {} : { length: (key: string) => lengths[key]?.label ?? key }),
  })
  const period = usePeriod()
  const query = {
    ...(search.q ? { q: search.q } : {}),
    ...(search.account ? { accountId: search.account } : {}),
    ...(search.member ? { memberId: search.member } : {}),
    ...(isEmails ? {} : lengths[search.length ?? '']?.query),
    ...period,
  }
  const { visibility } = session.member as { visibility?: string }
  return (
    <Page
      title="Calls and emails"
      intro={
        visibility && visibility !== 'all'
          ? visibility === 'own'
            ? 'You see those you take part in.'
            : 'You see those of your teams.'
          : undefined
      }
      actions={
        can('data:write') && (
          <Button
            component={Link}
            to="/import"
            variant="default"
            leftSection={<Upload size={15} />}
          >
            Import
          </Button>
        )
      }
    >
      <div className="stack">
        <SegmentedControl
          size="xs"
          style={{ alignSelf: 'flex-start' }}
          aria-label="Calls or emails"
          value={isEmails ? 'emails' : 'calls'}
          onChange={(value) => setSearch({ type: value === 'calls' ? null : value })}
          data={[
            { value: 'calls', label: 'Calls' },
            { value: 'emails', label: 'Emails' },
          ]}
        />
        <search className="toolbar">
          <SearchBox label={isEmails ? 'Search subjects and people' : 'Search titles and people'} />
          <EntitySelect
            type="account"
            aria-label="Account"
            placeholder="Any account"
            clearable
            value={search.account ?? ''}
            onChange={(id) => setSearch({ account: id || null })}
          />
          <Select
            aria-label="Colleague"
            placeholder="Any colleague"
            searchable
            clearable
            value={search.member ?? null}
            onChange={(member) => setSearch({ member })}
            data={(members.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          />
          {!isEmails && (
            <Select
              aria-label="Length"
              placeholder="Any length"
              clearable
              value={search.length && search.length in lengths ? search.length : null}
              onChange={(length) => setSearch({ length })}
              data={Object.entries(lengths).map(([value, { label }]) => ({ value, label }))}
            />
          )}
          <PeriodFilter />
        </search>
        <FilterChips filters={filters} />
        <Card flush>
          {isEmails ? (
            <Emails filter={query} filters={filters} />
          ) : (
            <Calls filter={query} filters={filters} />
          )}
        </Card>
      </div>
    </Page>
  )
}

function Nothing({ what, filters }: { what: string; filters: Filter[] }) {
  const { can } = useHere()
  if (filters.length > 0) return <NothingFits what={what} filters={filters} />
  return (
    <Empty
      title={`No ${what} yet`}
      action={
        can('data:write') && (
          <Button component={Link} to="/import">
            Import a file
          </Button>
        )
      }
    >
      {can('data:write')
        ? 'They come in by the API, or from a file. Bringing them in costs nothing.'
        : 'They stand here as soon as there are some that you may see.'}
    </Empty>
  )
}

interface Listed {
  filter?: Record<string, string>
  filters?: Filter[]
  /** Of one customer: the account goes without saying. */
  isOfOne?: boolean
}

export function Calls({ filter = {}, filters = [], isOfOne = false }: Listed) {
  const { times } = useHere()
  const calls = useList<CallListed>('/v1/calls', filter)
  const accounts = useNames('/v1/accounts', !isOfOne)
  return (
    <ListTable
      what="the calls"
      of={calls}
      caption="Calls, newest first"
      id={({ id }) => id}
      to={({ id }) => `/calls/${encodeURIComponent(id)}`}
      empty={<Nothing what="calls" filters={filters} />}
      columns={[
        {
          head: 'Call',
          lead: true,
          cell: ({ title, private: isPrivate }) => (
            <span className="row" style={{ gap: 6, fontWeight: 550 }}>
              {title || 'Without a title'}
              {isPrivate && <Pill icon={Lock}>Private</Pill>}
            </span>
          ),
        },
        {
          head: 'With',
          cell: ({ parties }) => (
            <span className="soft clamp">
              {parties
                .toSorted(
                  (a, b) =>
                    Number(a.affiliation === 'company') - Number(b.affiliation === 'company'),
                )
                .slice(0, 3)
                .map(({ name, email }) => name ?? email ?? '?')
                .join(', ')}
              {parties.length > 3 && ` + ${parties.length - 3}`}
            </span>
          ),
        },
        ...(isOfOne
          ? []
          : [
              {
                head: 'Account',
                cell: ({ accountId }: CallListed) =>
                  accountId && (accounts.get(accountId) ?? accountId),
              },
            ]),
        {
          head: 'When',
          cell: ({ startedAt }) => <span className="num soft">{times.moment(startedAt)}</span>,
        },
        {
          head: '',
          cell: ({ hasTranscript, history }) =>
            !hasTranscript ? (
              <Pill tone="warn">No transcript yet</Pill>
            ) : history ? (
              <Pill tone="outline">History</Pill>
            ) : null,
        },
        {
          head: 'Length',
          right: true,
          amount: true,
          cell: ({ durationSeconds }) => <span className="num">{lengthText(durationSeconds)}</span>,
        },
      ]}
    />
  )
}

export function Emails({ filter = {}, filters = [] }: Listed) {
  const { times } = useHere()
  const emails = useList<EmailListed>('/v1/emails', filter)
  return (
    <ListTable
      what="the emails"
      of={emails}
      caption="Emails, newest first"
      id={({ id }) => id}
      to={({ id }) => `/emails/${encodeURIComponent(id)}`}
      empty={<Nothing what="emails" filters={filters} />}
      columns={[
        {
          head: 'Email',
          lead: true,
          cell: ({ subject }) => (
            <span style={{ fontWeight: 550 }}>{subject || 'Without a subject'}</span>
          ),
        },
        {
          head: 'From',
          cell: ({ from }) => <span className="soft clamp">{from.name ?? from.email}</span>,
        },
        {
          head: 'To',
          cell: ({ to }) => (
            <span className="soft clamp">
              {to
                .slice(0, 2)
                .map(({ name, email }) => name ?? email)
                .join(', ')}
              {to.length > 2 && ` + ${to.length - 2}`}
            </span>
          ),
        },
        {
          head: 'When',
          cell: ({ sentAt }) => <span className="num soft">{times.moment(sentAt)}</span>,
        },
      ]}
    />
  )
}
