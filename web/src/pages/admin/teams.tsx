import { Button, Checkbox, TextInput } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList } from '../../api/queries.ts'
import type { Team } from '../../api/types.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Card, Empty, FormError, fieldError, Page } from '../../ui/parts.tsx'
import { ListTable } from '../../ui/table.tsx'
import { featureName } from '../../words.ts'

const switches = ['ai_tracker', 'ask_anything', 'ai_briefer', 'mcp', 'automated_brief']

/** Teams, and which features that use credits each may use. */
export function TeamsPage() {
  const teams = useList<Team>('/v1/teams')
  const [adding, setAdding] = useState(false)
  const put = useChange(({ id, features }: Pick<Team, 'id' | 'features'>) =>
    api.put(`/v1/teams/${id}/features`, features),
  )
  const [removing, setRemoving] = useState<Team>()
  const remove = useChange(async () => {
    await api.del(`/v1/teams/${removing?.id}`)
    setRemoving(undefined)
  })
  return (
    <Page
      title="Teams"
      intro="A switch that is off refuses the feature to the team; everybody else keeps it."
      actions={
        <Button leftSection={<Plus size={15} />} onClick={() => setAdding(true)}>
          New team
        </Button>
      }
    >
      <div className="stack">
        <FormError error={put.error} />
        <Card flush>
          <ListTable
            what="the teams"
            of={teams}
            caption="Teams"
            id={({ id }) => id}
            empty={
              <Empty
                title="No teams yet"
                action={<Button onClick={() => setAdding(true)}>New team</Button>}
              >
                A team can have a budget, and its use is counted apart.
              </Empty>
            }
            columns={[
              {
                head: 'Team',
                lead: true,
                cell: ({ name }) => <span style={{ fontWeight: 550 }}>{name}</span>,
              },
              {
                head: 'May use',
                cell: ({ id, features }) => (
                  <span className="row wrap" style={{ gap: '12px 18px' }}>
                    {switches.map((feature) => (
                      <Checkbox
                        key={feature}
                        label={featureName(feature)}
                        checked={features[feature] !== false}
                        onChange={(event) =>
                          put.mutate({
                            id,
                            features: { ...features, [feature]: event.currentTarget.checked },
                          })
                        }
                      />
                    ))}
                  </span>
                ),
              },
              {
                head: '',
                right: true,
                cell: (team) => (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    color="red"
                    onClick={() => setRemoving(team)}
                  >
                    Delete
                  </Button>
                ),
              },
            ]}
          />
        </Card>
      </div>
      {removing && (
        <Confirm
          title={`Delete ${removing.name}?`}
          label="Delete"
          of={remove}
          close={() => setRemoving(undefined)}
        >
          Its people stay, without this team. What it used stays in reports; its budgets end.
        </Confirm>
      )}
      {adding && <AddDialog close={() => setAdding(false)} />}
    </Page>
  )
}

function AddDialog({ close }: { close: () => void }) {
  const [name, setName] = useState('')
  const add = useChange(async () => {
    await api.post('/v1/teams', { name })
    close()
  })
  return (
    <FormDialog title="New team" verb="Make the team" of={add} close={close}>
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldError(add.error, 'name')}
      />
    </FormDialog>
  )
}
