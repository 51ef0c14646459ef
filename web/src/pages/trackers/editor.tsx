import { Button, Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { FlaskConical } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { api } from '../../api/client.ts'
import { queries, useApi, useBalance, useChange } from '../../api/queries.ts'
import type { Tracker, TrackerEstimate } from '../../api/types.ts'
import { creditsText, microsOf, shareText } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, FormError, Gated, Loaded, Notice, Page } from '../../ui/parts.tsx'
import { FreePill, TrackerStatus } from '../../ui/status.tsx'
import { counted } from '../../words.ts'
import { blank, bodyOf, type Definition, definitionOf, missingOf } from './definition.ts'
import {
  EstimatePanel,
  HistoryChoice,
  perMonthText,
  useEstimates,
  useHistories,
  usePrices,
  whole,
} from './estimate.tsx'
import { DefinitionFields } from './fields.tsx'
import { ResultQuotes } from './quotes.tsx'

export function NewTrackerPage() {
  return <Editor key="new" tracker={undefined} />
}

export function EditTrackerPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const tracker = useApi<Tracker>(`/v1/trackers/${id}`)
  return (
    <Loaded of={tracker} what="the tracker">
      {(found) => <Editor key={id} tracker={found} />}
    </Loaded>
  )
}

/**
 * Defines a tracker and shows its price while it is written. A draft saves itself; a published tracker is
 * saved on purpose, because each save of what it asks is a new version.
 */
function Editor({ tracker: given }: { tracker: Tracker | undefined }) {
  const { can } = useHere()
  const navigate = useNavigate()
  const [saved, setSaved] = useState(given)
  const [value, setValue] = useState<Definition>(() => (given ? definitionOf(given) : blank))
  const [history, setHistory] = useState('none')
  const [custom, setCustom] = useState({ from: '', to: '' })
  const [confirming, setConfirming] = useState<TrackerEstimate>()
  const opener = useRef<Element | null>(null)
  const isDismissed = useRef(false)
  const isDraft = !saved || saved.status === 'draft'
  const text = JSON.stringify(bodyOf(value, false))
  const savedText = saved && JSON.stringify(bodyOf(definitionOf(saved), false))
  const missing = missingOf(value)
  const save = useChange(async (definition: Definition) => {
    const made = saved
      ? await api.patch<Tracker>(`/v1/trackers/${saved.id}`, bodyOf(definition, false))
      : await api.post<Tracker>('/v1/trackers', bodyOf(definition, true))
    queries.setQueryData([`/v1/trackers/${made.id}`, {}], made)
    setSaved(made)
    if (!saved) window.history.replaceState(null, '', `/trackers/${made.id}/edit`)
    return made
  })

  // Drafts keep themselves; what failed to save is not tried again until it is changed.
  const [settled] = useDebouncedValue(text, 500)
  const tried = useRef('')
  const { mutate, isPending } = save
  useEffect(() => {
    if (!isDraft || missing || isPending) return
    if (settled !== text || settled === savedText || settled === tried.current) return
    tried.current = settled
    mutate(value)
  }, [isDraft, missing, isPending, settled, text, savedText, value, mutate])

  const histories = useHistories(custom)
  const estimates = useEstimates(
    saved?.kind === 'question' ? saved.id : undefined,
    savedText ?? '',
    histories,
  )
  const place = histories.findIndex(({ key }) => key === history)
  const estimate = estimates[place]
  const isHistory = history !== 'none'
  const { data: balance } = useBalance(can('credits:read'))
  const isUpToDate = savedText === text && !isPending
  const isFree = value.kind !== 'question'
  const cost = isHistory ? (estimate?.data?.credits ?? 0) : 0

  const publish = useChange(async () => {
    const range = histories[place]?.range
    await api.post(`/v1/trackers/${saved!.id}/publish`, range ? { history: range } : {})
    notifications.show({
      title: `${value.name} is live`,
      message: isHistory ? 'Its history is being processed.' : 'It reads what arrives from now on.',
    })
    await navigate({ to: `/trackers/${saved!.id}` })
  })

  const start = () => {
    opener.current = document.activeElement
    ask.mutate(undefined)
  }
  const dismiss = () => {
    isDismissed.current = true
    setConfirming(undefined)
  }

  /** Counts once more, then asks where it matters: a twentieth of what is left, or more than is left. */
  const ask = useChange(async () => {
    const range = histories[place]?.range
    const now = isFree
      ? undefined
      : await api.post<TrackerEstimate>(
          `/v1/trackers/${saved!.id}/estimate`,
          range ? { history: range } : {},
        )
    const isLarge = now && microsOf(now.credits) * 20n > microsOf(now.available)
    const moved = now && isHistory && microsOf(now.credits) - microsOf(cost)
    const hasMoved = moved && (moved > 10_000_000n || moved * 50n > microsOf(cost))
    if (now && isHistory && (isLarge || !now.sufficient || hasMoved)) setConfirming(now)
    else publish.mutate(undefined)
  })

  // The button that asked could not keep the focus while it was counting: it gets it back when it can take it.
  useEffect(() => {
    if (confirming || ask.isPending || !isDismissed.current) return
    isDismissed.current = false
    if (opener.current instanceof HTMLElement) opener.current.focus()
  }, [confirming, ask.isPending])

  const blocked = missing ?? (!isUpToDate && 'Saving the draft first.') ?? undefined
  const reason =
    blocked ||
    (!isFree &&
      balance?.status === 'exhausted' &&
      'Out of credits. The draft is saved; publish it once credits are added.') ||
    (!isFree && !estimate?.data && 'Cost unknown until it is counted.')
  const label = isFree
    ? 'Publish – free'
    : !estimate?.data
      ? 'Publish'
      : isHistory
        ? `Publish and process ${itemsText(estimate.data)} – ${creditsText(cost)} credits`
        : `Publish – about ${perMonthText(estimate.data)}`
  const emails = estimate?.data?.items.emails ?? 0
  const emailCost = microsOf(usePrices().email ?? 0) * BigInt(emails)
  const emailShare =
    cost > 0 && emails > 0 ? `${shareText(emailCost, microsOf(cost))} % of this cost` : undefined
  const button = (
    <Gated
      reason={reason}
      loading={ask.isPending || publish.isPending}
      onClick={start}
      data-testid="publish"
    >
      {label}
    </Gated>
  )
  return (
    <Page
      title={value.name || 'New tracker'}
      crumbs={<Link to="/trackers">Trackers</Link>}
      status={
        saved && (
          <>
            <TrackerStatus status={saved.status} />
            <span className="muted small" aria-live="polite">
              {isPending
                ? 'Saving'
                : isDraft
                  ? isUpToDate
                    ? 'Draft saved'
                    : ''
                  : `Version ${saved.version}`}
            </span>
          </>
        )
      }
    >
      <div className="editor">
        <div className="stack-l">
          {!isDraft && (
            <Notice title="This tracker is in use">
              Changing the question, instructions, side, part or kinds of items makes a new version:
              old results stay and are marked, new items go to the new version, and history under it
              is processed only when you ask for it.
            </Notice>
          )}
          <DefinitionFields
            value={value}
            change={(part) => setValue((now) => ({ ...now, ...part }))}
            error={save.error}
            isNew={!saved}
            emailNote={value.emails ? emailShare : undefined}
          />
          <FormError error={save.error} />
          {isDraft && !isFree && (
            <section className="stack">
              <h2>How far back?</h2>
              <HistoryChoice
                histories={histories}
                estimates={estimates}
                value={history}
                onChange={setHistory}
                custom={
                  <div className="row wrap">
                    <TextInput
                      type="date"
                      label="From"
                      value={custom.from}
                      onChange={(event) =>
                        setCustom({ ...custom, from: event.currentTarget.value })
                      }
                    />
                    <TextInput
                      type="date"
                      label="Up to, not with"
                      value={custom.to}
                      onChange={(event) => setCustom({ ...custom, to: event.currentTarget.value })}
                    />
                  </div>
                }
              />
            </section>
          )}
          {saved && <Trial tracker={saved} isUpToDate={isUpToDate} />}
          <FormError error={publish.error ?? ask.error} />
          {isDraft ? (
            <p className="muted small">
              Publishing starts it. It can be unpublished at any time; what has not started is not
              charged.
            </p>
          ) : (
            <div className="row">
              <Gated
                reason={missing ?? (isUpToDate && 'Nothing is changed.')}
                loading={isPending}
                onClick={() =>
                  mutate(value, {
                    onSuccess: (made) => void navigate({ to: `/trackers/${made.id}` }),
                  })
                }
              >
                Save
              </Gated>
              <Button variant="default" component={Link} to={`/trackers/${saved?.id}`}>
                Cancel
              </Button>
            </div>
          )}
        </div>
        <aside className="stack" aria-label="Price">
          <EstimatePanel
            of={estimate}
            isHistory={isHistory}
            isFree={isFree}
            waitsFor={saved ? undefined : missing}
            cheaper={
              isHistory && value.calls && value.emails && emails > 0 ? (
                <div className="spread">
                  <span className="small">
                    Calls only saves <Credits value={emailCost} />
                  </span>
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => setValue({ ...value, emails: false })}
                  >
                    Apply
                  </Button>
                </div>
              ) : undefined
            }
          />
          {isDraft && (
            <div className="publish stack-s">
              {button}
              {reason && <p className="muted small">{reason}</p>}
            </div>
          )}
        </aside>
      </div>
      {isDraft && (
        <div className="bottom-bar">
          <span className="num">
            {isFree ? (
              'Free'
            ) : estimate?.data ? (
              <>
                <b>{creditsText(cost)}</b> now · ≈ {whole(estimate.data.perMonth)} a month
              </>
            ) : (
              'Cost unknown yet'
            )}
          </span>
          <Gated
            reason={reason}
            size="sm"
            loading={ask.isPending || publish.isPending}
            onClick={start}
          >
            {isHistory ? `Publish – ${creditsText(cost)}` : 'Publish'}
          </Gated>
        </div>
      )}
      {confirming && (
        <Modal opened onClose={dismiss} title={`Publish “${value.name}”?`} size="md">
          <div className="stack">
            <p className="num">
              Charges up to <b>{creditsText(confirming.credits)}</b> for history (
              {itemsText(confirming)}) and about {whole(confirming.perMonth)} a month after.
            </p>
            <p className="num">
              Left after: <b>{creditsText(later(confirming))}</b> of{' '}
              {creditsText(confirming.available)}.
              {!confirming.sufficient && ' It stops when the credits end, and keeps its place.'}
            </p>
            {confirming.credits !== cost && (
              <Notice
                tone="warn"
                title={`It is now ${creditsText(confirming.credits)}, was ${creditsText(cost)}`}
              >
                Calls or emails arrived meanwhile.
              </Notice>
            )}
            <p className="soft">
              You can unpublish at any time; what has not started is not charged.
            </p>
            <div className="row wrap" style={{ justifyContent: 'flex-end' }}>
              <Button variant="default" data-autofocus onClick={dismiss}>
                Cancel
              </Button>
              <Button
                loading={publish.isPending}
                onClick={() =>
                  publish.mutate(undefined, { onSettled: () => setConfirming(undefined) })
                }
              >
                Publish – {creditsText(confirming.credits)} credits
              </Button>
            </div>
          </div>
        </Modal>
      )}
    </Page>
  )
}

function later({ available, credits }: TrackerEstimate): bigint {
  const left = microsOf(available) - microsOf(credits)
  return left < 0n ? 0n : left
}

function itemsText({ items }: TrackerEstimate): string {
  const calls = items.callsLong + items.callsShort
  const parts = [
    ...(calls ? [counted(calls, 'call')] : []),
    ...(items.emails ? [counted(items.emails, 'email')] : []),
  ]
  return parts.join(', ') || 'nothing yet'
}

interface Tried {
  results: {
    itemType: 'call' | 'email'
    itemId: string
    title: string
    found: boolean
    answer: string
    occurrences: { turn: number; startSeconds?: number; partyId: string; quote: string }[]
    model: string
  }[]
}

/** Ten recent conversations, read for nothing; nothing of it is kept. */
function Trial({ tracker, isUpToDate }: { tracker: Tracker; isUpToDate: boolean }) {
  const trial = useChange(() => api.post<Tried>(`/v1/trackers/${tracker.id}/try`, {}))
  const results = trial.data?.results
  const hits = results?.filter(({ found }) => found).length ?? 0
  return (
    <section className="stack">
      <div className="spread wrap">
        <div>
          <h2>Try it</h2>
          <p className="muted small">On ten recent conversations. Results are not kept.</p>
        </div>
        <div className="row">
          <FreePill why="100 items a day" />
          <Gated
            variant="default"
            leftSection={<FlaskConical size={15} />}
            reason={!isUpToDate && 'Save what you changed first.'}
            loading={trial.isPending}
            onClick={() => trial.mutate(undefined)}
          >
            Run on ten
          </Gated>
        </div>
      </div>
      <FormError error={trial.error} />
      {results && (
        <Card
          title={`${hits} of ${results.length} found`}
          note={results[0] && `Read by ${results[0].model}`}
        >
          {results.length === 0 ? (
            <p className="soft">Nothing matches the filters yet.</p>
          ) : (
            <ul className="plain stack">
              {results
                .toSorted((a, b) => Number(b.found) - Number(a.found))
                .map((result) => (
                  <li key={`${result.itemType} ${result.itemId}`}>
                    <ResultQuotes result={result} />
                  </li>
                ))}
            </ul>
          )}
        </Card>
      )}
    </section>
  )
}
