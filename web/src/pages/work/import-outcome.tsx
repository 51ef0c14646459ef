import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useChange, useList } from '../../api/queries.ts'
import type { Import } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Card, Empty, FormError, Notice } from '../../ui/parts.tsx'
import { JobStatus, Pill } from '../../ui/status.tsx'
import { DataTable, ListTable } from '../../ui/table.tsx'
import { type Sent, saveRejected } from './import-files.ts'

const REASONS_SHOWN = 200
const states = { sending: 'sending', running: 'running', ended: 'done', refused: 'failed' }

function counted(number: number): string {
  return number.toLocaleString('en-US')
}

/** How the files went: what was taken, what it would cost, and every line that was not taken. */
export function Outcome({ sent, isDryRun, of }: { sent: Sent[]; isDryRun: boolean; of: number }) {
  const answers = sent.flatMap(({ answer }) => answer ?? [])
  const taken = answers.reduce((sum, { accepted }) => sum + accepted, 0)
  const refused = answers.reduce((sum, { rejectedCount }) => sum + rejectedCount, 0)
  const ended = sent.filter(({ state }) => state === 'ended' || state === 'refused').length
  const isOver = ended === of
  const rejected = sent.flatMap(({ no, name, answer }) =>
    (answer?.rejected ?? []).map((one, i) => ({ ...one, id: `${no} ${i}`, name })),
  )
  return (
    <Card
      title={isDryRun ? 'Checked' : isOver ? 'Imported' : 'Importing'}
      note={isOver ? undefined : `${ended} of ${of} files`}
    >
      <div className="stack">
        {!isOver && (
          <progress
            value={ended}
            max={of}
            aria-label="Files that are done"
            style={{ width: '100%', accentColor: 'var(--accent-text)' }}
          />
        )}
        <p className="num" role="status">
          {counted(taken)} lines {isDryRun ? 'would be taken' : 'taken'}, {counted(refused)} not.
        </p>
        <Charges answers={answers} />
        {of > 1 && <Files sent={sent} />}
        {sent.map(
          ({ no, name, error }) =>
            error && (
              <Notice key={no} tone="danger" role="alert" title={name}>
                {error}
              </Notice>
            ),
        )}
        {rejected.length > 0 && (
          <div className="stack-s">
            <h3>Lines that were not taken</h3>
            <DataTable
              caption="Lines that were not taken"
              rows={rejected.slice(0, REASONS_SHOWN)}
              id={({ id }) => id}
              columns={[
                {
                  head: 'File',
                  lead: true,
                  cell: ({ name }) => <bdi style={{ overflowWrap: 'anywhere' }}>{name}</bdi>,
                },
                {
                  head: 'Line',
                  right: true,
                  cell: ({ line }) => <span className="num">{counted(line)}</span>,
                },
                {
                  head: 'Why',
                  cell: ({ error }) => <span style={{ overflowWrap: 'anywhere' }}>{error}</span>,
                },
              ]}
            />
            {refused > REASONS_SHOWN && (
              <p className="muted small">
                The first {REASONS_SHOWN}. The files below have them all.
              </p>
            )}
            <div className="row wrap">
              {sent.map(
                ({ no, name, answer }) =>
                  answer?.id &&
                  answer.rejectedCount > 0 && (
                    <SaveRejected key={no} id={answer.id} name={name} label={name} />
                  ),
              )}
            </div>
          </div>
        )}
        {!isDryRun && isOver && taken > 0 && (
          <Button
            component={Link}
            to="/conversations"
            variant="default"
            style={{ alignSelf: 'flex-start' }}
          >
            See calls and emails
          </Button>
        )}
      </div>
    </Card>
  )
}

function Charges({ answers }: { answers: Import[] }) {
  const prices = new Map<string, { name: string; credits: number }>()
  for (const { trackerId, name, credits } of answers.flatMap(({ charges }) => charges ?? [])) {
    prices.set(trackerId, { name, credits: credits + (prices.get(trackerId)?.credits ?? 0) })
  }
  if (prices.size === 0) return null
  return (
    <Notice title="What published trackers would charge">
      {[...prices].map(([id, { name, credits }]) => (
        <div key={id} className="spread">
          {name} <span className="num">{creditsText(credits)}</span>
        </div>
      ))}
    </Notice>
  )
}

function Files({ sent }: { sent: Sent[] }) {
  return (
    <DataTable
      caption="Files"
      rows={sent}
      id={({ no }) => String(no)}
      columns={[
        {
          head: 'File',
          lead: true,
          cell: ({ name }) => <bdi style={{ overflowWrap: 'anywhere' }}>{name}</bdi>,
        },
        {
          head: 'Status',
          cell: ({ state, answer }) => (
            <JobStatus status={state === 'ended' ? (answer?.status ?? 'done') : states[state]} />
          ),
        },
        {
          head: 'Taken',
          right: true,
          cell: ({ answer }) => <span className="num">{counted(answer?.accepted ?? 0)}</span>,
        },
        {
          head: 'Not taken',
          right: true,
          cell: ({ answer }) => <span className="num">{counted(answer?.rejectedCount ?? 0)}</span>,
        },
      ]}
    />
  )
}

function SaveRejected({ id, name, label }: { id: string; name: string; label: string }) {
  const save = useChange(() => saveRejected(id, name))
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<Download size={13} />}
        loading={save.isPending}
        onClick={() => save.mutate(undefined)}
        aria-label={`Download the lines of ${label} that were not taken`}
      >
        <bdi>{label}</bdi>
      </Button>
      <FormError error={save.error} />
    </>
  )
}

/** The imports there were, newest first, by whichever door. */
export function Earlier() {
  const { times } = useHere()
  const imports = useList<Import>('/v1/imports', { limit: 10 }, { everyMs: 5_000 })
  return (
    <Card title="Earlier imports" note={`Times in ${times.zone}.`} flush>
      <ListTable
        what="the imports"
        of={imports}
        caption="Earlier imports, newest first"
        id={({ id, createdAt }) => id ?? createdAt}
        empty={<Empty title="None yet" />}
        columns={[
          {
            head: 'When',
            lead: true,
            cell: ({ createdAt }) => <span className="num">{times.moment(createdAt)}</span>,
          },
          {
            head: 'What',
            cell: ({ format, dryRun, history }) => (
              <>
                {format} {dryRun && <Pill tone="outline">checked only</Pill>}{' '}
                {history && <Pill tone="outline">history</Pill>}
              </>
            ),
          },
          { head: 'Status', cell: ({ status }) => <JobStatus status={status} /> },
          {
            head: 'Taken',
            right: true,
            cell: ({ accepted }) => <span className="num">{counted(accepted)}</span>,
          },
          {
            head: 'Not taken',
            right: true,
            cell: ({ id, rejectedCount, createdAt }) =>
              id && rejectedCount > 0 ? (
                <SaveRejected
                  id={id}
                  name={`import-${createdAt.slice(0, 10)}`}
                  label={counted(rejectedCount)}
                />
              ) : (
                <span className="num">0</span>
              ),
          },
        ]}
      />
    </Card>
  )
}
