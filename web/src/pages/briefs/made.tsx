import { Button, CopyButton } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import { Check, Copy, Printer } from 'lucide-react'
import { useApi, useList } from '../../api/queries.ts'
import type { Automation, GeneratedBrief } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Loaded, Notice, Page } from '../../ui/parts.tsx'
import { FreePill } from '../../ui/status.tsx'
import { counted } from '../../words.ts'
import { staleWords, useIsOut } from '../trackers/standing.tsx'
import { Findings } from '../work/ask.tsx'
import '../work/work.css'
import { EntityName } from './brief.tsx'

/** One brief as it was generated; reading it is free, always. */
export function MadePage() {
  const { id, made } = useParams({ strict: false }) as { id: string; made: string }
  const found = useApi<GeneratedBrief>(`/v1/briefs/${id}/generated/${made}`)
  const { times } = useHere()
  return (
    <Loaded of={found} what="the brief">
      {(brief) => (
        <Page
          title={brief.name}
          crumbs={
            <>
              <Link to="/briefs">Briefs</Link> › <Link to={`/briefs/${id}`}>{brief.name}</Link>
            </>
          }
          intro={
            <>
              About <EntityName entity={brief.entity} isLink />, generated{' '}
              {times.moment(brief.createdAt)}
            </>
          }
        >
          <div className="stack">
            <OnHold briefId={id} createdAt={brief.createdAt} />
            <Made of={brief} />
          </div>
        </Page>
      )}
    </Loaded>
  )
}

/** Said on a brief that an automation would have made anew by now. */
function OnHold({ briefId, createdAt }: { briefId: string; createdAt: string }) {
  const { times } = useHere()
  const isOut = useIsOut()
  const automations = useList<Automation>('/v1/automations', { limit: 200 }, { enabled: isOut })
  const isAutomated = automations.rows?.some(
    ({ enabled, then }) => enabled && then.briefId === briefId,
  )
  if (!isOut || !isAutomated) return null
  return (
    <Notice tone="warn" title="New versions are on hold: out of credits">
      Last generated {times.moment(createdAt)}. The automation goes on with its next trigger once
      credits are added.
    </Notice>
  )
}

/** The sections of a generated brief, with what they stand on and how fresh that is. */
export function Made({ of, isNew = false }: { of: GeneratedBrief; isNew?: boolean }) {
  const { times, can } = useHere()
  const text = (of.sections ?? [])
    .map(({ title, text: words }) => `${title}\n${words ?? ''}`)
    .join('\n\n')
  return (
    <Card
      title={isNew ? of.name : undefined}
      note={isNew ? `Generated ${times.moment(of.createdAt)}` : undefined}
      {...(isNew ? { role: 'status' } : {})}
      actions={
        of.sections && (
          <>
            <CopyButton value={text}>
              {({ copied, copy }) => (
                <Button
                  size="xs"
                  variant="default"
                  leftSection={copied ? <Check size={14} /> : <Copy size={14} />}
                  onClick={copy}
                >
                  {copied ? 'Copied' : 'Copy'}
                </Button>
              )}
            </CopyButton>
            <Button
              size="xs"
              variant="default"
              leftSection={<Printer size={14} />}
              onClick={() => print()}
            >
              Print
            </Button>
          </>
        )
      }
    >
      {of.sections === null ? (
        <p className="soft">
          What it said is gone: something it stood on was taken out, or its time was over.
        </p>
      ) : (
        <div className="stack read">
          {of.sections.map((section) => (
            <section key={section.title}>
              <div className="spread wrap">
                <h2>{section.title}</h2>
                <SectionPrice section={section} isPaid={of.chargeId !== null} />
              </div>
              <p style={{ whiteSpace: 'pre-line', marginTop: 6 }}>
                {section.text || <span className="soft">Nothing was found to read.</span>}
              </p>
              <p
                className={section.stale ? 'small' : 'muted small'}
                style={{ marginTop: 6, ...(section.stale ? { color: 'var(--warn)' } : {}) }}
              >
                Data as of {times.moment(section.dataAsOf)}
                {section.stale &&
                  `, because a tracker is stopped since ${times.moment(section.stale.since)}: ${staleWords(section.stale.reason)}`}
                {section.source === 'conversations' &&
                  ` · ${counted(section.callsSearched, 'call')}, ${counted(section.emailsSearched, 'email')}${section.truncated ? ', the newest of more' : ''}`}
              </p>
              <Findings
                calls={section.findings.callFindings}
                emails={section.findings.emailFindings}
              />
            </section>
          ))}
        </div>
      )}
      <p className="soft num" style={{ marginTop: 16 }}>
        {of.credits > 0 ? (
          can('credits:read') ? (
            <>
              Charged <Credits value={of.credits} unit />
              {of.chargeId && (
                <>
                  {' · '}
                  <Link to={`/credits/charges/${of.chargeId}`}>See the charge</Link>
                </>
              )}
            </>
          ) : null
        ) : (
          'Nothing was charged.'
        )}
      </p>
    </Card>
  )
}

function SectionPrice({
  section: { source, credits },
  isPaid,
}: {
  section: NonNullable<GeneratedBrief['sections']>[number]
  isPaid: boolean
}) {
  const { can } = useHere()
  if (source === 'trackers') return <FreePill why="tracker-based" />
  if (credits > 0) return can('credits:read') ? <Credits value={credits} unit /> : null
  return <FreePill why={isPaid ? 'nothing to read' : 'in the app'} />
}
