import { Button } from '@mantine/core'
import { Link, useParams, useRouterState } from '@tanstack/react-router'
import { FileText, MessageCircleQuestion } from 'lucide-react'
import { useState } from 'react'
import { useApi, useList } from '../../api/queries.ts'
import type { Account, Contact, Deal, Lead } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { Card, Empty, Loaded, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { type EntityType, pathOf, useEntityName } from './entity.tsx'
import { Calls, Emails } from './items.tsx'

type AnyRecord = Pick<Account, 'id'> & Partial<Omit<Account & Deal & Contact & Lead, 'id'>>

const parents: Record<EntityType, [to: string, name: string]> = {
  account: ['/accounts', 'Accounts'],
  deal: ['/accounts?of=deal', 'Deals'],
  contact: ['/accounts?of=contact', 'Contacts'],
  lead: ['/accounts?of=lead', 'Leads'],
}

/** One account, deal, contact or lead: what was said and written, and asking about it. */
export function RecordPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const path = useRouterState({ select: ({ location }) => location.pathname })
  // Kept while another page is already on its way.
  const [type] = useState(() => path.split('/')[1]!.replace(/s$/, '') as EntityType)
  const found = useApi<AnyRecord>(`/v1${pathOf({ type, id })}`)
  return (
    <Loaded of={found} what={`the ${type}`}>
      {(record) => <OneRecord key={record.id} type={type} record={record} />}
    </Loaded>
  )
}

function OneRecord({ type, record }: { type: EntityType; record: AnyRecord }) {
  const [search, setSearch] = useSearch()
  const account = useEntityName({ type: 'account', id: record.accountId ?? '' })
  const [to, parent] = parents[type]
  const tabs: Record<string, string> = {
    calls: 'Calls',
    emails: 'Emails',
    ...(type === 'account' ? { deals: 'Deals', contacts: 'Contacts' } : {}),
  }
  const tab = search.tab && search.tab in tabs ? search.tab : 'calls'
  const filter = { [`${type}Id`]: record.id }
  const about = `type=${type}&id=${encodeURIComponent(record.id)}`
  const facts = [
    ...(record.domains ?? []),
    ...(record.email ? [record.email] : []),
    ...(record.externalId ? [`CRM ${record.externalId}`] : []),
  ]
  return (
    <Page
      title={record.name || record.email || record.id}
      crumbs={<Link to={to}>{parent}</Link>}
      status={record.status && <DealStatus status={record.status} />}
      intro={
        <>
          {facts.join(' · ')}
          {record.accountId && (
            <>
              {facts.length > 0 && ' · '}
              <Link to={pathOf({ type: 'account', id: record.accountId })}>{account}</Link>
            </>
          )}
        </>
      }
      actions={
        <>
          <Button
            component={Link}
            to={`/ask?${about}`}
            variant="default"
            leftSection={<MessageCircleQuestion size={15} />}
          >
            Ask about it
          </Button>
          <Button
            component={Link}
            to={`/briefs?${about}`}
            variant="default"
            leftSection={<FileText size={15} />}
          >
            Generate a brief
          </Button>
        </>
      }
    >
      <nav className="tabs" aria-label={`Of this ${type}`}>
        {Object.entries(tabs).map(([key, label]) => (
          <a
            key={key}
            href={`?tab=${key}`}
            {...(tab === key ? { 'aria-current': 'page' as const } : {})}
            onClick={(event) => {
              event.preventDefault()
              setSearch({ tab: key === 'calls' ? null : key })
            }}
          >
            {label}
          </a>
        ))}
      </nav>
      <Card flush>
        {tab === 'calls' && <Calls filter={filter} isOfOne />}
        {tab === 'emails' && <Emails filter={filter} />}
        {tab === 'deals' && <Deals accountId={record.id} />}
        {tab === 'contacts' && <Contacts accountId={record.id} />}
      </Card>
    </Page>
  )
}

function Deals({ accountId }: { accountId: string }) {
  const deals = useList<Deal>('/v1/deals', { accountId })
  return (
    <ListTable
      what="the deals"
      of={deals}
      caption="Deals"
      id={({ id }) => id}
      to={({ id }) => pathOf({ type: 'deal', id })}
      empty={<Empty title="No deals">They come in by the API or from a file.</Empty>}
      columns={[
        { head: 'Deal', lead: true, cell: ({ name }) => name },
        { head: 'Status', cell: ({ status }) => <DealStatus status={status} /> },
      ]}
    />
  )
}

function Contacts({ accountId }: { accountId: string }) {
  const contacts = useList<Contact>('/v1/contacts', { accountId })
  return (
    <ListTable
      what="the contacts"
      of={contacts}
      caption="Contacts"
      id={({ id }) => id}
      to={({ id }) => pathOf({ type: 'contact', id })}
      empty={<Empty title="No contacts">They come in by the API or from a file.</Empty>}
      columns={[
        { head: 'Contact', lead: true, cell: ({ name, email, id }) => name || email || id },
        { head: 'Email', cell: ({ email }) => <span className="soft">{email}</span> },
      ]}
    />
  )
}

const deals: Record<string, ['info' | 'ok' | 'plain', string]> = {
  open: ['info', 'Open'],
  won: ['ok', 'Won'],
  lost: ['plain', 'Lost'],
}

export function DealStatus({ status }: { status: string }) {
  const [tone, word] = deals[status] ?? (['plain', status] as const)
  return <Pill tone={tone}>{word}</Pill>
}
