import { Button, Checkbox, FileButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { FileUp } from 'lucide-react'
import { useState } from 'react'
import { ask, search as queryText } from '../../api/client.ts'
import type { Import } from '../../api/generated/types.gen.ts'
import { useApi, useChange } from '../../api/queries.ts'
import { creditsText } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Card, FormError, Gated, Notice, Page } from '../../ui/parts.tsx'
import { JobStatus } from '../../ui/status.tsx'

const types: Record<string, string> = {
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  eml: 'message/rfc822',
  mbox: 'application/mbox',
  vtt: 'text/vtt',
}

/** Brings in calls, emails and accounts from a file, and says first what that would charge. */
export function ImportPage() {
  const { can } = useHere()
  const [file, setFile] = useState<File | null>(null)
  const [isHistory, setHistory] = useState(true)
  const [running, setRunning] = useState<string>()
  const ending = file?.name.split('.').at(-1)?.toLowerCase() ?? ''
  const type = types[ending]
  const send = useChange(async (dryRun: boolean) => {
    const text = await file!.text()
    const path = `/v1/import${queryText({ history: isHistory, dryRun })}`
    const answer = await ask<Import & { id?: string }>('POST', path, text, {
      'content-type': type!,
    })
    setRunning(answer.status === 'running' ? answer.id : undefined)
    return answer
  })
  const progress = useApi<Import>(
    `/v1/imports/${running}`,
    {},
    { enabled: running !== undefined, everyMs: 1_000 },
  )
  const shown = progress.data ?? send.data
  const reason = !can('data:write')
    ? 'Only admins can import.'
    : !file
      ? 'Choose a file first.'
      : !type
        ? 'This kind of file is not read.'
        : undefined
  return (
    <Page
      title="Import"
      crumbs={<Link to="/conversations">Calls and emails</Link>}
      intro="NDJSON with calls, emails, accounts, contacts, deals, leads and members; .eml and .mbox mail; .vtt transcripts. A bad line never stops the good ones."
    >
      <div className="stack" style={{ maxWidth: 720 }}>
        <Card>
          <div className="stack">
            <div className="row wrap">
              <FileButton onChange={setFile} accept=".ndjson,.jsonl,.eml,.mbox,.vtt">
                {(props) => (
                  <Button {...props} variant="default" leftSection={<FileUp size={15} />}>
                    {file ? 'Another file' : 'Choose a file'}
                  </Button>
                )}
              </FileButton>
              {file && (
                <span className="num">
                  {file.name} · {(file.size / 1024 / 1024).toFixed(1)} MB
                </span>
              )}
            </div>
            <Checkbox
              label="Bring in as history"
              description="Starts no tracker and costs nothing; trackers can process it later."
              checked={isHistory}
              onChange={(event) => setHistory(event.currentTarget.checked)}
            />
            <FormError error={send.error} />
            <div className="row">
              <Gated reason={reason} loading={send.isPending} onClick={() => send.mutate(false)}>
                Import
              </Gated>
              <Gated
                reason={reason}
                variant="default"
                loading={send.isPending}
                onClick={() => send.mutate(true)}
              >
                Check and price only
              </Gated>
            </div>
          </div>
        </Card>
        {shown && <Outcome of={shown} />}
      </div>
    </Page>
  )
}

function Outcome({ of }: { of: Import }) {
  const { accepted, rejectedCount, rejected, charges, dryRun, status } = of
  return (
    <Card
      title={dryRun ? 'Checked' : 'Imported'}
      actions={status && <JobStatus status={status} />}
      role="status"
    >
      <div className="stack">
        <p className="num">
          {(accepted ?? 0).toLocaleString('en-US')} lines {dryRun ? 'would be taken' : 'taken'},{' '}
          {(rejectedCount ?? 0).toLocaleString('en-US')} not.
        </p>
        {Array.isArray(charges) && charges.length > 0 && (
          <Notice title="What published trackers would charge">
            {(charges as { trackerId?: string; name?: string; credits?: number }[]).map(
              ({ trackerId, name, credits }) => (
                <div key={trackerId} className="spread">
                  {name ?? trackerId} <span className="num">{creditsText(credits ?? 0)}</span>
                </div>
              ),
            )}
          </Notice>
        )}
        {rejected && rejected.length > 0 && (
          <div>
            <h3>Lines that were not taken</h3>
            <ul className="plain small" style={{ maxHeight: 240, overflowY: 'auto' }}>
              {rejected.slice(0, 200).map(({ line, error }) => (
                <li key={line} className="num">
                  Line {line}: {error}
                </li>
              ))}
            </ul>
          </div>
        )}
        {!dryRun && status !== 'running' && (
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
