import { Button, Checkbox, FileButton, Select, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { FileUp, X } from 'lucide-react'
import { useState } from 'react'
import { useChange } from '../../api/queries.ts'
import { useHere } from '../../session.ts'
import { Card, FormError, Gated, Page } from '../../ui/parts.tsx'
import {
  type ChosenFile,
  chosen,
  csvKinds,
  endings,
  faultOf,
  isTranscript,
  type Sent,
  sendFile,
  services,
} from './import-files.ts'
import { Earlier, Outcome } from './import-outcome.tsx'
import { Mailboxes } from './mailboxes.tsx'

/** Brings in calls, emails and what they are about, and says first what that would charge. */
export function ImportPage() {
  const { can } = useHere()
  const [files, setFiles] = useState<ChosenFile[]>([])
  const [isHistory, setHistory] = useState(true)
  const [company, setCompany] = useState('')
  const [run, setRun] = useState<{ isDryRun: boolean; of: number }>()
  const [sent, setSent] = useState<Sent[]>([])
  const send = useChange(async (dryRun: boolean) => {
    setRun({ isDryRun: dryRun, of: files.length })
    setSent([])
    const options = { history: isHistory, dryRun, company }
    for (const one of files) {
      await sendFile(one, options, (now) =>
        setSent((before) => [...before.filter(({ no }) => no !== now.no), now]),
      )
    }
  })
  const add = async (more: Iterable<File>) => {
    const known = await Promise.all(Array.from(more, chosen))
    setFiles((before) => [...before, ...known])
  }
  const change = (no: number, as: string | undefined) =>
    setFiles((before) => before.map((one) => (one.no === no ? { ...one, as } : one)))
  const reason = !can('data:write')
    ? 'Only admins can import.'
    : files.length === 0
      ? 'Choose a file first.'
      : files.map(faultOf).find(Boolean)
  return (
    <Page
      title="Import"
      crumbs={<Link to="/conversations">Calls and emails</Link>}
      intro="Emails (.eml, .mbox), transcripts (.vtt, .srt, JSON of Deepgram, AssemblyAI, Whisper), accounts, contacts, deals and leads (.csv), and all of it as .ndjson. A bad line never stops the good ones, and the same file twice changes nothing."
    >
      <div className="stack" style={{ maxWidth: 860 }}>
        <Card>
          <div className="stack">
            <DropZone add={add} hasFiles={files.length > 0} />
            {files.length > 0 && (
              <ul className="plain stack-s" aria-label="Files to import">
                {files.map((one) => (
                  <Chosen
                    key={one.no}
                    one={one}
                    change={(as) => change(one.no, as)}
                    remove={() => setFiles(files.filter(({ no }) => no !== one.no))}
                  />
                ))}
              </ul>
            )}
            {files.some(isTranscript) && (
              <TextInput
                label="Your own people in the transcripts"
                description="Names of speakers, separated by commas; everybody else is the customer."
                value={company}
                onChange={(event) => setCompany(event.currentTarget.value)}
              />
            )}
            <Checkbox
              label="Bring in as history"
              description="Starts no tracker and costs nothing; trackers can process it later."
              checked={isHistory}
              onChange={(event) => setHistory(event.currentTarget.checked)}
            />
            <FormError error={send.error} />
            <div className="row wrap">
              <Gated
                reason={reason}
                loading={send.isPending && run?.isDryRun === false}
                onClick={() => send.mutate(false)}
              >
                Import
              </Gated>
              <Gated
                reason={reason}
                variant="default"
                loading={send.isPending && run?.isDryRun === true}
                onClick={() => send.mutate(true)}
              >
                Check and price only
              </Gated>
            </div>
          </div>
        </Card>
        {run && <Outcome sent={sent} {...run} />}
        <Earlier />
        {can('admin') && <Mailboxes />}
      </div>
    </Page>
  )
}

function DropZone({ add, hasFiles }: { add: (files: Iterable<File>) => void; hasFiles: boolean }) {
  const [isOver, setOver] = useState(false)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same by keyboard
    <div
      style={{
        border: `1px dashed ${isOver ? 'var(--accent-text)' : 'var(--border-strong)'}`,
        borderRadius: 8,
        padding: 16,
      }}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        add(event.dataTransfer.files)
      }}
    >
      <div className="row wrap">
        <FileButton multiple onChange={add} accept={endings.join(',')}>
          {(props) => (
            <Button {...props} variant="default" leftSection={<FileUp size={15} />}>
              {hasFiles ? 'More files' : 'Choose files'}
            </Button>
          )}
        </FileButton>
        <span className="muted small">or drop them here</span>
      </div>
    </div>
  )
}

function Chosen({
  one,
  change,
  remove,
}: {
  one: ChosenFile
  change: (as: string | undefined) => void
  remove: () => void
}) {
  const { file, type, as } = one
  const options =
    type === 'text/csv'
      ? csvKinds.map((value) => ({ value, label: `${value}s` }))
      : type === 'application/json'
        ? Object.entries(services).map(([value, label]) => ({ value, label }))
        : undefined
  return (
    <li className="row wrap">
      <span className="grow" style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        <bdi>{file.name}</bdi> <span className="num muted small">{sizeText(file.size)}</span>
        {!type && <span className="small"> · {faultOf(one)}</span>}
      </span>
      {options && (
        <Select
          size="xs"
          aria-label={type === 'text/csv' ? `Rows of ${file.name}` : `Who wrote ${file.name}`}
          placeholder={type === 'text/csv' ? 'Rows are…' : 'Written by…'}
          data={options}
          value={as ?? null}
          onChange={(value) => change(value ?? undefined)}
          style={{ width: 150 }}
        />
      )}
      <Button
        size="compact-xs"
        variant="subtle"
        aria-label={`Leave out ${file.name}`}
        onClick={remove}
      >
        <X size={14} />
      </Button>
    </li>
  )
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const kilobytes = bytes / 1024
  return kilobytes < 1024 ? `${kilobytes.toFixed(0)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`
}
