import { Button, Modal, TextInput } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import type { Account } from '../../api/generated/types.gen.ts'
import { useChange, useList } from '../../api/queries.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, FormError, fieldError, Gated, Page } from '../../ui/parts.tsx'
import { ListTable } from '../../ui/table.tsx'

/** The customers; calls and emails find them by the domains of their addresses. */
export function AccountsPage() {
  const { can } = useHere()
  const accounts = useList<Account>('/v1/accounts')
  const [adding, setAdding] = useState(false)
  return (
    <Page
      title="Accounts"
      intro="Calls and emails join an account by the mail domains it lists."
      actions={
        <Gated
          reason={!can('data:write') && 'Only admins can add accounts.'}
          leftSection={<Plus size={15} />}
          onClick={() => setAdding(true)}
        >
          New account
        </Gated>
      }
    >
      <Card flush>
        <ListTable
          what="the accounts"
          of={accounts}
          caption="Accounts"
          id={({ id }) => id}
          to={({ id }) => `/accounts/${encodeURIComponent(id)}`}
          empty={
            <Empty title="No accounts yet">
              Add one with its domains, or import them from your CRM.
            </Empty>
          }
          columns={[
            {
              head: 'Account',
              lead: true,
              cell: ({ name }) => <span style={{ fontWeight: 550 }}>{name}</span>,
            },
            {
              head: 'Domains',
              cell: ({ domains }) => <span className="soft">{domains.join(', ')}</span>,
            },
            {
              head: 'In the CRM',
              cell: ({ externalId }) => externalId && <span className="mono">{externalId}</span>,
            },
          ]}
        />
      </Card>
      {adding && <AddDialog close={() => setAdding(false)} />}
    </Page>
  )
}

function AddDialog({ close }: { close: () => void }) {
  const [name, setName] = useState('')
  const [domains, setDomains] = useState('')
  const add = useChange(async () => {
    const list = domains.split(/[\s,]+/).filter(Boolean)
    await api.post('/v1/accounts', { name, domains: list })
    close()
  })
  return (
    <Modal opened onClose={close} title="New account">
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
        <TextInput
          label="Mail domains"
          placeholder="kestrel.example, kestrel-logistics.example"
          value={domains}
          onChange={(event) => setDomains(event.currentTarget.value)}
        />
        <FormError error={add.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add
          </Button>
        </div>
      </form>
    </Modal>
  )
}
