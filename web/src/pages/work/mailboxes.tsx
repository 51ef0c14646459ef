import { Button, NumberInput, PasswordInput, Select, TextInput } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList } from '../../api/queries.ts'
import type { Mailbox } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Card, Empty, FormError, fieldError } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'

const existings = [
  { value: 'history', label: 'Bring it in as history' },
  { value: 'new', label: 'Bring it in as new' },
  { value: 'skip', label: 'Leave it out' },
]
const tlsKinds = [
  { value: 'implicit', label: 'TLS (port 993)' },
  { value: 'starttls', label: 'STARTTLS (port 143)' },
  { value: 'none', label: 'None (private networks only)' },
]

/** IMAP mailboxes whose mail comes in by itself, and how each does. */
export function Mailboxes() {
  const { times } = useHere()
  const mailboxes = useList<Mailbox>('/v1/mailboxes', {}, { everyMs: 5_000 })
  const [adding, setAdding] = useState(false)
  const check = useChange((id: string) => api.post(`/v1/mailboxes/${id}/check`))
  const turn = useChange(({ id, enabled }: Mailbox) =>
    api.patch(`/v1/mailboxes/${id}`, { enabled: !enabled }),
  )
  const remove = useChange((id: string) => api.del(`/v1/mailboxes/${id}`))
  return (
    <Card
      title="Mailboxes"
      note="Their mail comes in by itself; nothing in them is marked or changed."
      flush
      actions={
        <Button size="xs" leftSection={<Plus size={14} />} onClick={() => setAdding(true)}>
          Follow a mailbox
        </Button>
      }
    >
      <FormError error={check.error ?? turn.error ?? remove.error} />
      <ListTable
        what="the mailboxes"
        of={mailboxes}
        caption="Mailboxes"
        id={({ id }) => id}
        empty={<Empty title="No mailbox is followed">Add one to have its mail come in.</Empty>}
        columns={[
          {
            head: 'Mailbox',
            lead: true,
            cell: ({ user, host, folder }) => (
              <span style={{ overflowWrap: 'anywhere' }}>
                {user}
                <div className="muted small">
                  {host} · {folder}
                </div>
              </span>
            ),
          },
          {
            head: 'Status',
            cell: ({ status, error, checkedAt }) => (
              <>
                <Pill
                  tone={status === 'failing' ? 'danger' : status === 'off' ? 'outline' : 'plain'}
                >
                  {status}
                </Pill>
                {error && <div className="small">{error}</div>}
                {checkedAt && <div className="muted small num">read {times.moment(checkedAt)}</div>}
              </>
            ),
          },
          {
            head: 'Emails',
            right: true,
            cell: ({ imported, rejectedCount }) => (
              <span className="num">
                {imported.toLocaleString('en-US')}
                {rejectedCount > 0 && <div className="muted small">{rejectedCount} not taken</div>}
              </span>
            ),
          },
          {
            head: '',
            right: true,
            cell: (one) => (
              <span className="row wrap" style={{ justifyContent: 'flex-end' }}>
                {one.enabled && (
                  <Button size="compact-xs" variant="default" onClick={() => check.mutate(one.id)}>
                    Read now
                  </Button>
                )}
                <Button size="compact-xs" variant="default" onClick={() => turn.mutate(one)}>
                  {one.enabled ? 'Switch off' : 'Switch on'}
                </Button>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="red"
                  onClick={() => remove.mutate(one.id)}
                >
                  Remove
                </Button>
              </span>
            ),
          },
        ]}
      />
      {adding && <AddDialog close={() => setAdding(false)} />}
    </Card>
  )
}

function AddDialog({ close }: { close: () => void }) {
  const [host, setHost] = useState('')
  const [tls, setTls] = useState('implicit')
  const [port, setPort] = useState<number | string>('')
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const [folder, setFolder] = useState('INBOX')
  const [existing, setExisting] = useState('history')
  const add = useChange(async () => {
    await api.post('/v1/mailboxes', {
      ...{ host, tls, user, password, folder, existing },
      ...(port === '' ? {} : { port: Number(port) }),
    })
    close()
  })
  const field = (path: string) => fieldError(add.error, path)
  return (
    <FormDialog title="Follow a mailbox" verb="Follow it" of={add} close={close}>
      <TextInput
        label="Server"
        placeholder="imap.example.com"
        required
        withAsterisk={false}
        data-autofocus
        value={host}
        onChange={(event) => setHost(event.currentTarget.value)}
        error={field('host')}
      />
      <div className="grid-2">
        <Select
          label="Encryption"
          data={tlsKinds}
          value={tls}
          onChange={(value) => setTls(value ?? 'implicit')}
          error={field('tls')}
        />
        <NumberInput
          label="Port"
          placeholder={tls === 'implicit' ? '993' : '143'}
          min={1}
          max={65_535}
          value={port}
          onChange={setPort}
          error={field('port')}
        />
      </div>
      <TextInput
        label="User"
        required
        withAsterisk={false}
        autoComplete="off"
        value={user}
        onChange={(event) => setUser(event.currentTarget.value)}
        error={field('user')}
      />
      <PasswordInput
        label="Password"
        description="Kept sealed; an app password where the provider has them."
        required
        withAsterisk={false}
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={field('password')}
      />
      <TextInput
        label="Folder"
        value={folder}
        onChange={(event) => setFolder(event.currentTarget.value)}
        error={field('folder')}
      />
      <Select
        label="Mail that is there already"
        data={existings}
        value={existing}
        onChange={(value) => setExisting(value ?? 'history')}
      />
    </FormDialog>
  )
}
