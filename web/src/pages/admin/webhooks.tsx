import { Button, Checkbox, TextInput } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList } from '../../api/queries.ts'
import type { MadeWebhook, Webhook, WebhookDelivery } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Card, Empty, fieldError, Page } from '../../ui/parts.tsx'
import { SecretOnce } from '../../ui/secret.tsx'
import { JobStatus, Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'

const events = [
  'credits.threshold',
  'credits.exhausted',
  'credits.granted',
  'tracker.stopped',
  'tracker.resumed',
  'budget.reached',
]

const offReasons = { by_hand: 'Off', gone: 'Off – address is gone', failing: 'Off – kept failing' }

/** Addresses that are told of events by signed messages. */
export function WebhooksPage() {
  const webhooks = useList<Webhook>('/v1/webhooks')
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState<string>()
  const [shown, setShown] = useState<Webhook>()
  const [removing, setRemoving] = useState<Webhook>()
  const remove = useChange(async () => {
    await api.del(`/v1/webhooks/${removing?.id}`)
    setRemoving(undefined)
  })
  return (
    <Page
      title="Webhooks"
      intro="Signed messages to your own systems, sent until they are taken (Standard Webhooks)."
      actions={
        <Button leftSection={<Plus size={15} />} onClick={() => setAdding(true)}>
          New webhook
        </Button>
      }
    >
      <div className="stack">
        <Card flush>
          <ListTable
            what="webhooks"
            of={webhooks}
            caption="Webhooks"
            id={({ id }) => id}
            empty={
              <Empty
                title="No webhooks yet"
                action={<Button onClick={() => setAdding(true)}>New webhook</Button>}
              >
                Have your own system told when credits run low.
              </Empty>
            }
            columns={[
              {
                head: 'Address',
                lead: true,
                cell: ({ url }) => <span style={{ overflowWrap: 'anywhere' }}>{url}</span>,
              },
              {
                head: 'State',
                cell: ({ enabled, disabledReason }) =>
                  enabled ? (
                    <Pill tone="ok">On</Pill>
                  ) : (
                    <Pill tone="warn">{disabledReason ? offReasons[disabledReason] : 'Off'}</Pill>
                  ),
              },
              {
                head: 'Events',
                cell: ({ events: of }) => <span className="small soft">{of.join(', ')}</span>,
              },
              {
                head: '',
                right: true,
                cell: (webhook) => (
                  <span className="row" style={{ justifyContent: 'flex-end' }}>
                    <Button size="compact-xs" variant="default" onClick={() => setShown(webhook)}>
                      Deliveries
                    </Button>
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="red"
                      onClick={() => setRemoving(webhook)}
                    >
                      Remove
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        </Card>
        {shown && <Deliveries webhook={shown} />}
      </div>
      {adding && <AddDialog close={() => setAdding(false)} show={setSecret} />}
      {removing && (
        <Confirm
          title="Remove this webhook?"
          label="Remove"
          of={remove}
          close={() => setRemoving(undefined)}
        >
          {removing.url} is told of nothing more, and its secret ends.
        </Confirm>
      )}
      {secret && (
        <SecretOnce
          title="The secret of the webhook"
          secret={secret}
          close={() => setSecret(undefined)}
        />
      )}
    </Page>
  )
}

function Deliveries({ webhook }: { webhook: Webhook }) {
  const { times } = useHere()
  const deliveries = useList<WebhookDelivery>(
    `/v1/webhooks/${webhook.id}/deliveries`,
    {},
    { everyMs: 5_000 },
  )
  const retry = useChange((id: string) =>
    api.post(`/v1/webhooks/${webhook.id}/deliveries/${id}/retry`),
  )
  return (
    <Card title={`Deliveries to ${webhook.url}`} flush>
      <ListTable
        what="the deliveries"
        of={deliveries}
        caption="Deliveries, newest first"
        id={({ id }) => id}
        empty={<Empty title="None yet" />}
        columns={[
          { head: 'Event', lead: true, cell: ({ event }) => event },
          { head: 'Status', cell: ({ status }) => <JobStatus status={status} /> },
          {
            head: 'Answer',
            cell: ({ responseStatus, error }) => (
              <span className="soft">{error ?? responseStatus ?? 'none yet'}</span>
            ),
          },
          { head: 'Attempts', right: true, cell: ({ attempts }) => attempts },
          { head: 'When', cell: ({ at }) => <span className="num soft">{times.moment(at)}</span> },
          {
            head: '',
            right: true,
            cell: ({ id, status }) =>
              status === 'delivered' ? null : (
                <Button size="compact-xs" variant="default" onClick={() => retry.mutate(id)}>
                  Send again
                </Button>
              ),
          },
        ]}
      />
    </Card>
  )
}

function AddDialog({ close, show }: { close: () => void; show: (secret: string) => void }) {
  const [url, setUrl] = useState('')
  const [chosen, setChosen] = useState(events)
  const add = useChange(async () => {
    const made = await api.post<MadeWebhook>('/v1/webhooks', { url, events: chosen })
    close()
    show(made.secret)
  })
  return (
    <FormDialog
      title="New webhook"
      verb="Make the webhook"
      of={add}
      close={close}
      disabled={chosen.length === 0}
    >
      <TextInput
        label="Address"
        type="url"
        placeholder="https://"
        required
        withAsterisk={false}
        data-autofocus
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
        error={fieldError(add.error, 'url')}
      />
      <Checkbox.Group label="Events" value={chosen} onChange={setChosen}>
        <div className="stack-s" style={{ marginTop: 6 }}>
          {events.map((event) => (
            <Checkbox key={event} value={event} label={event} />
          ))}
        </div>
      </Checkbox.Group>
    </FormDialog>
  )
}
