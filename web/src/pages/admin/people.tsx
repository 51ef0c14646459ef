import { Button, Menu, Modal, MultiSelect, Select, TextInput } from '@mantine/core'
import { Ellipsis, Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList, useNames } from '../../api/queries.ts'
import type { Invitation, Member, Team } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { roleNames, useHere } from '../../session.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Card, Empty, FormError, fieldError, Page } from '../../ui/parts.tsx'
import { SecretOnce } from '../../ui/secret.tsx'
import { Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'

const visibilities = {
  all: 'All calls and emails',
  team: 'Those of own teams',
  own: 'Own ones only',
}

/** Who is in the company, in which role, and the link to choose a password. */
export function PeoplePage() {
  const { session, times } = useHere()
  const [search, setSearch] = useSearch()
  const members = useList<Member>('/v1/members')
  const teams = useNames('/v1/teams')
  const [edited, setEdited] = useState<Member>()
  const [removing, setRemoving] = useState<Member>()
  const [link, setLink] = useState<{ name: string; url: string; until: string }>()
  const invite = useChange(async ({ id, name }: Pick<Member, 'id' | 'name'>) => {
    const { token, expiresAt } = await api.post<Invitation>(`/v1/members/${id}/invitation`)
    setLink({ name, url: `${location.origin}/invitation#${token}`, until: expiresAt })
  })
  const remove = useChange(async (id: string) => {
    await api.del(`/v1/members/${id}`)
    setRemoving(undefined)
  })
  return (
    <Page
      title="People"
      actions={
        <Button leftSection={<Plus size={15} />} onClick={() => setSearch({ add: '1' })}>
          Invite
        </Button>
      }
    >
      <div className="stack">
        <FormError error={invite.error} />
        <Card flush>
          <ListTable
            what="the members"
            of={members}
            caption="Members"
            id={({ id }) => id}
            empty={<Empty title="Nobody yet" />}
            columns={[
              {
                head: 'Member',
                lead: true,
                cell: ({ name, email }) => (
                  <>
                    <span style={{ fontWeight: 550 }}>{name}</span>
                    <div className="muted small">{email}</div>
                  </>
                ),
              },
              { head: 'Role', cell: ({ role }) => roleNames[role] },
              {
                head: 'Teams',
                cell: ({ teamIds, primaryTeamId }) =>
                  teamIds
                    .map(
                      (id) =>
                        `${teams.get(id) ?? id}${id === primaryTeamId && teamIds.length > 1 ? ' (primary)' : ''}`,
                    )
                    .join(', '),
              },
              {
                head: 'Sees',
                cell: ({ visibility }) => <span className="soft">{visibilities[visibility]}</span>,
              },
              {
                head: 'Sign-in',
                cell: ({ canSignIn }) =>
                  canSignIn ? (
                    <Pill tone="ok">Has a password</Pill>
                  ) : (
                    <Pill tone="outline">Not yet</Pill>
                  ),
              },
              {
                head: '',
                right: true,
                cell: (member) => (
                  <Menu position="bottom-end">
                    <Menu.Target>
                      <button
                        type="button"
                        className="icon-button"
                        aria-label={`More for ${member.name}`}
                      >
                        <Ellipsis size={16} />
                      </button>
                    </Menu.Target>
                    <Menu.Dropdown>
                      <Menu.Item onClick={() => setEdited(member)}>Change</Menu.Item>
                      <Menu.Item onClick={() => invite.mutate(member)}>
                        {member.canSignIn ? 'Link for a new password' : 'Invitation link'}
                      </Menu.Item>
                      {member.id !== session.member.id && (
                        <Menu.Item color="red" onClick={() => setRemoving(member)}>
                          Remove
                        </Menu.Item>
                      )}
                    </Menu.Dropdown>
                  </Menu>
                ),
              },
            ]}
          />
        </Card>
      </div>
      {(search.add === '1' || edited) && (
        <MemberDialog
          key={edited?.id ?? 'new'}
          member={edited}
          close={() => {
            setEdited(undefined)
            setSearch({ add: null })
          }}
          made={(member) => invite.mutate(member)}
        />
      )}
      {link && (
        <SecretOnce
          title={`The link for ${link.name}`}
          secret={link.url}
          close={() => setLink(undefined)}
        >
          <p className="soft">
            Give it to {link.name} by a way you trust. It works once, until{' '}
            {times.moment(link.until)}.
          </p>
        </SecretOnce>
      )}
      {removing && (
        <Modal opened onClose={() => setRemoving(undefined)} title={`Remove ${removing.name}?`}>
          <div className="stack">
            <p className="soft">
              They are signed out everywhere and their personal keys end. What they did stays.
            </p>
            <FormError error={remove.error} />
            <div className="row" style={{ justifyContent: 'flex-end' }}>
              <Button variant="default" data-autofocus onClick={() => setRemoving(undefined)}>
                Cancel
              </Button>
              <Button
                color="red"
                loading={remove.isPending}
                onClick={() => remove.mutate(removing.id)}
              >
                Remove
              </Button>
            </div>
          </div>
        </Modal>
      )}
    </Page>
  )
}

function MemberDialog({
  member,
  close,
  made,
}: {
  member: Member | undefined
  close: () => void
  made: (member: Member) => void
}) {
  const teams = useList<Team>('/v1/teams', { limit: 500 })
  const [form, setForm] = useState({
    name: member?.name ?? '',
    email: member?.email ?? '',
    role: member?.role ?? 'member',
    visibility: member?.visibility ?? 'all',
    teamIds: member?.teamIds ?? [],
  })
  const save = useChange(async () => {
    if (member) await api.patch(`/v1/members/${member.id}`, form)
    else made(await api.post<Member>('/v1/members', form))
    close()
  })
  return (
    <FormDialog
      title={member ? `Change ${member.name}` : 'Invite somebody'}
      verb={member ? 'Save' : 'Invite'}
      of={save}
      close={close}
    >
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        data-autofocus
        value={form.name}
        onChange={(event) => setForm({ ...form, name: event.currentTarget.value })}
        error={fieldError(save.error, 'name')}
      />
      <TextInput
        label="Email"
        type="email"
        required
        withAsterisk={false}
        value={form.email}
        onChange={(event) => setForm({ ...form, email: event.currentTarget.value })}
        error={fieldError(save.error, 'email')}
      />
      <Select
        label="Role"
        description={
          {
            tech_admin: 'Everything, credits and people included.',
            business_admin: 'Sees credits; makes, publishes and resumes trackers.',
            member: 'Reads, asks and generates by hand.',
          }[form.role]
        }
        allowDeselect={false}
        value={form.role}
        onChange={(role) => setForm({ ...form, role: role as Member['role'] })}
        data={Object.entries(roleNames).map(([value, label]) => ({ value, label }))}
      />
      <Select
        label="Sees"
        allowDeselect={false}
        value={form.visibility}
        onChange={(visibility) =>
          setForm({ ...form, visibility: visibility as Member['visibility'] })
        }
        data={Object.entries(visibilities).map(([value, label]) => ({ value, label }))}
      />
      <MultiSelect
        label="Teams"
        value={form.teamIds}
        onChange={(teamIds) => setForm({ ...form, teamIds })}
        data={(teams.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      />
    </FormDialog>
  )
}
