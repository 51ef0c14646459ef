import { Button, Select, TextInput } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList, useNames } from '../../api/queries.ts'
import type { Account, Contact, Deal, Lead } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Card, Empty, fieldError, Gated, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { type Column, ListTable } from '../../ui/table.tsx'
import { EntitySelect, type EntityType, pathOf } from './entity.tsx'
import { FilterChips, NothingFits, SearchBox, useFilters } from './filters.tsx'
import { DealStatus } from './record.tsx'

type Record_ = Account & Deal & Contact & Lead

const kinds: Record<EntityType, { many: string; how: string }> = {
  account: {
    many: 'Accounts',
    how: 'Add one with its mail domains, or import them from your CRM. Calls and emails find it by themselves.',
  },
  deal: { many: 'Deals', how: 'They come from your CRM, by the API or from a file.' },
  contact: { many: 'Contacts', how: 'Calls and emails find a contact by the address.' },
  lead: { many: 'Leads', how: 'Calls and emails find a lead by the address.' },
}

/** The customers: accounts, deals, contacts and leads, and what was said to each. */
export function AccountsPage() {
  const { can } = useHere()
  const [search, setSearch] = useSearch()
  const [adding, setAdding] = useState(false)
  const type = search.of && search.of in kinds ? (search.of as EntityType) : 'account'
  const found = useList<Record_>(`/v1/${type}s`, search.q ? { q: search.q } : {})
  const filters = useFilters({})
  const { many, how } = kinds[type]
  return (
    <Page
      title={many}
      intro="Calls and emails join an account by the mail domains it lists, a contact or lead by the address."
      actions={
        <Gated
          reason={!can('data:write') && 'Only tech admins can add customers.'}
          leftSection={<Plus size={15} />}
          onClick={() => setAdding(true)}
        >
          New {type}
        </Gated>
      }
    >
      <div className="stack">
        <nav className="tabs" aria-label="Kinds of customers" style={{ marginBottom: 0 }}>
          {Object.entries(kinds).map(([key, { many: label }]) => (
            <a
              key={key}
              href={`?of=${key}`}
              {...(type === key ? { 'aria-current': 'page' as const } : {})}
              onClick={(event) => {
                event.preventDefault()
                setSearch({ of: key === 'account' ? null : key, q: null })
              }}
            >
              {label}
            </a>
          ))}
        </nav>
        <search className="toolbar" data-short>
          <SearchBox key={type} label={`Search ${many.toLowerCase()}`} />
        </search>
        <FilterChips filters={filters} />
        <Card flush>
          <ListTable
            what={many.toLowerCase()}
            of={found}
            caption={`${many}, newest first`}
            id={({ id }) => id}
            to={({ id }) => pathOf({ type, id })}
            empty={
              filters.length > 0 ? (
                <NothingFits what={many.toLowerCase()} filters={filters} />
              ) : (
                <Empty
                  title={`No ${many.toLowerCase()} yet`}
                  action={
                    can('data:write') && (
                      <Button onClick={() => setAdding(true)}>Add the first one</Button>
                    )
                  }
                >
                  {how}
                </Empty>
              )
            }
            columns={useColumns(type)}
          />
        </Card>
      </div>
      {adding && <AddDialog type={type} close={() => setAdding(false)} />}
    </Page>
  )
}

function useColumns(type: EntityType): Column<Record_>[] {
  const accounts = useNames('/v1/accounts', type === 'deal' || type === 'contact')
  const name: Column<Record_> = {
    head: kinds[type].many.slice(0, -1),
    lead: true,
    cell: (row) => <span style={{ fontWeight: 550 }}>{row.name || row.email || row.id}</span>,
  }
  const account: Column<Record_> = {
    head: 'Account',
    cell: ({ accountId }) => accountId && (accounts.get(accountId) ?? accountId),
  }
  const email: Column<Record_> = {
    head: 'Email',
    cell: ({ email: address }) => <span className="soft">{address}</span>,
  }
  const crm: Column<Record_> = {
    head: 'In the CRM',
    cell: ({ externalId }) => externalId && <span className="mono">{externalId}</span>,
  }
  if (type === 'deal') {
    const status: Column<Record_> = {
      head: 'Status',
      cell: (row) => <DealStatus status={row.status} />,
    }
    return [name, account, status, crm]
  }
  if (type === 'contact') return [name, email, account, crm]
  if (type === 'lead') return [name, email, crm]
  const domains: Column<Record_> = {
    head: 'Mail domains',
    cell: ({ domains: all }) =>
      all.length ? (
        <span className="soft">{all.join(', ')}</span>
      ) : (
        <Pill tone="warn">None: nothing joins by itself</Pill>
      ),
  }
  return [name, domains, crm]
}

function AddDialog({ type, close }: { type: EntityType; close: () => void }) {
  const [name, setName] = useState('')
  const [domains, setDomains] = useState('')
  const [email, setEmail] = useState('')
  const [accountId, setAccount] = useState('')
  const [status, setStatus] = useState('open')
  const add = useChange(async () => {
    const list = domains.split(/[\s,]+/).filter(Boolean)
    await api.post(`/v1/${type}s`, {
      name,
      ...(type === 'account' ? { domains: list } : {}),
      ...(type === 'contact' || type === 'lead' ? { email } : {}),
      ...(type === 'deal' ? { status } : {}),
      ...((type === 'deal' || type === 'contact') && accountId ? { accountId } : {}),
    })
    close()
  })
  return (
    <FormDialog title={`New ${type}`} verb="Add" of={add} close={close}>
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldError(add.error, 'name')}
      />
      {type === 'account' && (
        <TextInput
          label="Mail domains"
          description="Calls and emails with somebody of these join the account."
          placeholder="kestrel.example, kestrel-logistics.example"
          value={domains}
          onChange={(event) => setDomains(event.currentTarget.value)}
        />
      )}
      {(type === 'contact' || type === 'lead') && (
        <TextInput
          label="Email"
          type="email"
          required
          withAsterisk={false}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={fieldError(add.error, 'email')}
        />
      )}
      {(type === 'deal' || type === 'contact') && (
        <EntitySelect
          type="account"
          label="Account"
          clearable
          value={accountId}
          onChange={setAccount}
        />
      )}
      {type === 'deal' && (
        <Select
          label="Status"
          allowDeselect={false}
          value={status}
          onChange={(value) => setStatus(value ?? 'open')}
          data={[
            { value: 'open', label: 'Open' },
            { value: 'won', label: 'Won' },
            { value: 'lost', label: 'Lost' },
          ]}
        />
      )}
    </FormDialog>
  )
}
