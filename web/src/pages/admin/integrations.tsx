import { Button, Checkbox, Modal, SegmentedControl, Select, TextInput } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList } from '../../api/queries.ts'
import type { Integration, Member, OpenedIntegration, RotatedKey, Team } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Card, Empty, FormError, fieldError, Page } from '../../ui/parts.tsx'
import { SecretOnce, Snippet } from '../../ui/secret.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { FirstRequest } from './first-request.tsx'

const scopeNames: Record<string, string> = {
  'credits:read': 'See credits',
  'credits:write': 'Charge, hold, refund own',
  'data:read': 'Read calls and emails',
  'data:write': 'Bring in data',
  'trackers:read': 'Read trackers and results',
  'trackers:write': 'Change trackers',
  'ai:ask': 'Ask – uses credits',
  'ai:brief': 'Briefs – uses credits',
  admin: 'Everything',
}

/** A key that is shown this once. */
interface Shown {
  id: string
  name: string
  key: string
  isNew?: true
}

/** The keys of programs, what each may do, and when it was last used. */
export function IntegrationsPage() {
  const { times } = useHere()
  const keys = useList<Integration>('/v1/integrations', {}, { everyMs: 10_000 })
  const [adding, setAdding] = useState(false)
  const [shown, setShown] = useState<Shown>()
  const [awaited, setAwaited] = useState<Pick<Shown, 'id' | 'name'>>()
  const [ending, setEnding] = useState<Integration>()
  const rotate = useChange(async ({ id, name }: Integration) => {
    const { key } = await api.post<RotatedKey>(`/v1/integrations/${id}/rotate`)
    setShown({ id, name, key })
  })
  const end = useChange(async ({ id }: Integration) => {
    await api.del(`/v1/integrations/${id}`)
    setEnding(undefined)
  })
  return (
    <Page
      title="Integrations"
      intro="A program acts with a key. Every request is counted to its key."
      actions={
        <Button leftSection={<Plus size={15} />} onClick={() => setAdding(true)}>
          New key
        </Button>
      }
    >
      <div className="stack">
        <FormError error={rotate.error ?? end.error} />
        {awaited && <FirstRequest id={awaited.id} name={awaited.name} />}
        <Card flush>
          <ListTable
            what="the integrations"
            of={keys}
            caption="Integrations"
            id={({ id }) => id}
            empty={
              <Empty
                title="No keys yet"
                action={<Button onClick={() => setAdding(true)}>New key</Button>}
              >
                A key lets a program charge, ask, or bring in data.
              </Empty>
            }
            columns={[
              {
                head: 'Integration',
                lead: true,
                cell: ({ name, keyHint, kind }) => (
                  <>
                    <span style={{ fontWeight: 550 }}>{name}</span>{' '}
                    {kind === 'mcp' && <Pill tone="outline">MCP</Pill>}
                    <div className="mono muted">{keyHint}…</div>
                  </>
                ),
              },
              {
                head: 'May',
                cell: ({ scopes }) => (
                  <span className="small">
                    {scopes.map((scope) => scopeNames[scope]).join(', ')}
                  </span>
                ),
              },
              {
                head: 'For',
                cell: ({ access }) => (access === 'shared' ? 'The company' : 'One member'),
              },
              {
                head: 'Last used',
                cell: ({ lastUsedAt }) => (
                  <span className="num soft">
                    {lastUsedAt ? times.moment(lastUsedAt) : 'never'}
                  </span>
                ),
              },
              {
                head: 'Expires',
                cell: ({ expiresAt }) => (expiresAt ? times.day(expiresAt) : 'never'),
              },
              {
                head: '',
                right: true,
                cell: (one) => (
                  <span className="row" style={{ justifyContent: 'flex-end' }}>
                    <Button size="compact-xs" variant="default" onClick={() => rotate.mutate(one)}>
                      New key
                    </Button>
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="red"
                      onClick={() => setEnding(one)}
                    >
                      End
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        </Card>
        <Card title="Using a key" note="A dry run tells the price and charges nothing.">
          <Snippet
            text={`curl ${location.origin}/v1/ask \\\n  -H "Authorization: Bearer $SLUICE_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '{"question": "Which risks were named?", "entity": {"type": "account", "id": "…"}, "dryRun": true}'`}
          />
        </Card>
      </div>
      {adding && <AddDialog close={() => setAdding(false)} show={setShown} />}
      {shown && (
        <SecretOnce
          title={`The key of ${shown.name}`}
          secret={shown.key}
          close={() => {
            setAwaited(shown.isNew ? shown : undefined)
            setShown(undefined)
          }}
        >
          {!shown.isNew && <p className="soft">The earlier key stopped working at once.</p>}
        </SecretOnce>
      )}
      {ending && (
        <Modal opened onClose={() => setEnding(undefined)} title={`End ${ending.name}?`}>
          <div className="stack">
            <p className="soft">
              Its key stops working at once.{' '}
              {ending.lastUsedAt
                ? `Last used ${times.moment(ending.lastUsedAt)}.`
                : 'It was never used.'}{' '}
              What it used stays in the ledger.
            </p>
            <div className="row" style={{ justifyContent: 'flex-end' }}>
              <Button variant="default" data-autofocus onClick={() => setEnding(undefined)}>
                Cancel
              </Button>
              <Button color="red" loading={end.isPending} onClick={() => end.mutate(ending)}>
                End it
              </Button>
            </div>
          </div>
        </Modal>
      )}
    </Page>
  )
}

function AddDialog({ close, show }: { close: () => void; show: (shown: Shown) => void }) {
  const teams = useList<Team>('/v1/teams', { limit: 500 })
  const members = useList<Member>('/v1/members', { limit: 500 })
  const [name, setName] = useState('')
  const [access, setAccess] = useState<'shared' | 'personal'>('shared')
  const [kind, setKind] = useState<'api' | 'mcp'>('api')
  const [memberId, setMember] = useState<string | null>(null)
  const [teamId, setTeam] = useState<string | null>(null)
  const [scopes, setScopes] = useState(['credits:read', 'data:read'])
  const [expires, setExpires] = useState('')
  const add = useChange(async () => {
    const made = await api.post<OpenedIntegration>('/v1/integrations', {
      ...{ name, kind, access, scopes },
      ...(access === 'personal' && memberId ? { memberId } : {}),
      ...(teamId ? { teamId } : {}),
      ...(expires ? { expiresAt: `${expires}T00:00:00Z` } : {}),
    })
    close()
    show({ id: made.id, name, key: made.key, isNew: true })
  })
  const options = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name: label }) => ({ value: id, label }))
  return (
    <FormDialog
      title="New key"
      verb="Make the key"
      of={add}
      close={close}
      disabled={scopes.length === 0}
      size="lg"
    >
      <TextInput
        label="Name"
        description="What it is for, as reports show it."
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldError(add.error, 'name')}
      />
      <div className="grid-2">
        <SegmentedControl
          aria-label="Kind"
          value={kind}
          onChange={(value) => setKind(value as typeof kind)}
          data={[
            { value: 'api', label: 'API' },
            { value: 'mcp', label: 'MCP' },
          ]}
        />
        <SegmentedControl
          aria-label="For"
          value={access}
          onChange={(value) => setAccess(value as typeof access)}
          data={[
            { value: 'shared', label: 'The company' },
            { value: 'personal', label: 'One member' },
          ]}
        />
      </div>
      {access === 'personal' && (
        <Select
          label="Member"
          searchable
          value={memberId}
          onChange={setMember}
          data={options(members.rows)}
          error={fieldError(add.error, 'memberId')}
        />
      )}
      <Checkbox.Group label="May" value={scopes} onChange={setScopes}>
        <div className="grid-2" style={{ gap: 8, marginTop: 6 }}>
          {Object.entries(scopeNames).map(([value, label]) => (
            <Checkbox key={value} value={value} label={label} />
          ))}
        </div>
      </Checkbox.Group>
      <div className="grid-2">
        <Select
          label="Its use counts to team"
          clearable
          placeholder="None"
          value={teamId}
          onChange={setTeam}
          data={options(teams.rows)}
        />
        <TextInput
          label="Expires"
          type="date"
          value={expires}
          onChange={(event) => setExpires(event.currentTarget.value)}
          error={fieldError(add.error, 'expiresAt')}
        />
      </div>
    </FormDialog>
  )
}
