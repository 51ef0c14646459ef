import { Button, Modal, Select } from '@mantine/core'
import { useState } from 'react'
import { useList, useNames } from '../../api/queries.ts'
import type { AuditEntry } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, Page } from '../../ui/parts.tsx'
import { ListTable } from '../../ui/table.tsx'

const types = [
  'company',
  'member',
  'team',
  'integration',
  'contract',
  'grant',
  'charge',
  'budget',
  'rate_card',
  'tracker',
  'stream',
  'brief',
  'automation',
  'webhook',
]

const deeds: Record<string, string> = {
  ...{ create: 'made', update: 'changed', delete: 'removed', publish: 'published' },
  ...{ unpublish: 'unpublished', resume: 'resumed', void: 'voided', refund: 'refunded' },
  ...{ start: 'started', cancel: 'cancelled', rotate: 'given a new key', run: 'run' },
}

/** `tracker.publish` reads `Tracker published`. */
function deedText(action: string): string {
  const [of = '', ...rest] = action.split('.')
  const deed = rest.map((word) => deeds[word] ?? word).join(' ')
  const text = `${of} ${deed}`.replaceAll('_', ' ').trim()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Who changed what, and when; the trail itself cannot be changed. */
export function AuditPage() {
  const { times } = useHere()
  const [search, setSearch] = useSearch()
  const { objectType } = search
  const entries = useList<AuditEntry>('/v1/audit', { objectType })
  const members = useNames('/v1/members')
  const keys = useNames('/v1/integrations')
  const [shown, setShown] = useState<AuditEntry>()
  const actorText = (actor: string) => {
    const [kind, id] = actor.split(':')
    if (kind === 'member') return members.get(id ?? '') ?? id
    if (kind === 'integration') return keys.get(id ?? '') ?? 'A key'
    return kind === 'system' ? 'Sluice' : 'The operator'
  }
  return (
    <Page title="Audit log">
      <Card
        title="Changes"
        note={`Newest first. Times in ${times.zone}.`}
        flush
        actions={
          <Select
            size="xs"
            aria-label="Of what"
            placeholder="Everything"
            clearable
            searchable
            value={objectType ?? null}
            onChange={(value) => setSearch({ objectType: value })}
            data={types.map((value) => ({ value, label: deedText(value) }))}
          />
        }
      >
        <ListTable
          what="the audit log"
          of={entries}
          caption="Changes"
          id={({ id }) => id}
          empty={
            <Empty
              title={objectType ? 'No change of this kind' : 'No changes yet'}
              action={
                objectType && (
                  <Button
                    size="xs"
                    variant="default"
                    onClick={() => setSearch({ objectType: null })}
                  >
                    Show everything
                  </Button>
                )
              }
            />
          }
          columns={[
            {
              head: 'When',
              cell: ({ at }) => <span className="num soft">{times.moment(at)}</span>,
            },
            { head: 'Who', cell: ({ actor }) => <span title={actor}>{actorText(actor)}</span> },
            { head: 'Did', lead: true, cell: ({ action }) => deedText(action) },
            { head: 'To', cell: ({ objectId }) => <span className="mono">{objectId}</span> },
            {
              head: '',
              right: true,
              cell: (entry) => (
                <Button size="compact-xs" variant="default" onClick={() => setShown(entry)}>
                  Before and after
                </Button>
              ),
            },
          ]}
        />
      </Card>
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown?.action}
        size="xl"
      >
        <div className="grid-2">
          {(['before', 'after'] as const).map((side) => (
            <div key={side}>
              <h3>{side === 'before' ? 'Before' : 'After'}</h3>
              <pre className="code">{JSON.stringify(shown?.[side] ?? null, null, 2)}</pre>
            </div>
          ))}
        </div>
      </Modal>
    </Page>
  )
}
