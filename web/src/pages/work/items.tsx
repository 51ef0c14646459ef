import { Button, SegmentedControl } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Lock, Upload } from 'lucide-react'
import type { CallListed, EmailListed } from '../../api/generated/types.gen.ts'
import { useList, useNames } from '../../api/queries.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { lengthText } from '../../times.ts'
import { Card, Empty, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'

/** Every call and email that the person may see. */
export function ItemsPage() {
  const { can } = useHere()
  const [search, setSearch] = useSearch()
  const isEmails = search.type === 'emails'
  return (
    <Page
      title="Calls and emails"
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
        <div>
          <SegmentedControl
            size="xs"
            aria-label="Calls or emails"
            value={isEmails ? 'emails' : 'calls'}
            onChange={(value) => setSearch({ type: value === 'calls' ? null : value })}
            data={[
              { value: 'calls', label: 'Calls' },
              { value: 'emails', label: 'Emails' },
            ]}
          />
        </div>
        <Card flush>{isEmails ? <Emails /> : <Calls />}</Card>
      </div>
    </Page>
  )
}

function Nothing({ what }: { what: string }) {
  const { can } = useHere()
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
      They come in by the API, or from a file.
    </Empty>
  )
}

export function Calls({ filter = {} }: { filter?: Record<string, string> }) {
  const { times } = useHere()
  const calls = useList<CallListed>('/v1/calls', filter)
  const accounts = useNames('/v1/accounts')
  return (
    <ListTable
      what="the calls"
      of={calls}
      caption="Calls, newest first"
      id={({ id }) => id}
      to={({ id }) => `/calls/${encodeURIComponent(id)}`}
      empty={<Nothing what="calls" />}
      columns={[
        {
          head: 'Call',
          lead: true,
          cell: ({ title, private: isPrivate }) => (
            <span className="row" style={{ gap: 6 }}>
              <span className="strong" style={{ fontWeight: 550 }}>
                {title || 'Without a title'}
              </span>
              {isPrivate && <Lock size={13} aria-label="private" />}
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
        {
          head: 'Account',
          cell: ({ accountId }) => accountId && (accounts.get(accountId) ?? accountId),
        },
        {
          head: 'Length',
          right: true,
          amount: true,
          cell: ({ durationSeconds }) => <span className="num">{lengthText(durationSeconds)}</span>,
        },
        {
          head: 'When',
          cell: ({ startedAt }) => <span className="num soft">{times.moment(startedAt)}</span>,
        },
        {
          head: '',
          cell: ({ hasTranscript, history }) => (
            <>
              {!hasTranscript && <Pill tone="warn">No transcript yet</Pill>}
              {history && <Pill tone="outline">History</Pill>}
            </>
          ),
        },
      ]}
    />
  )
}

export function Emails({ filter = {} }: { filter?: Record<string, string> }) {
  const { times } = useHere()
  const emails = useList<EmailListed>('/v1/emails', filter)
  return (
    <ListTable
      what="the emails"
      of={emails}
      caption="Emails, newest first"
      id={({ id }) => id}
      to={({ id }) => `/emails/${encodeURIComponent(id)}`}
      empty={<Nothing what="emails" />}
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
