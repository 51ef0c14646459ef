import { Link, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useApi } from '../../api/queries.ts'
import type { Call } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { lengthText } from '../../times.ts'
import { Card, Empty, Loaded, Page } from '../../ui/parts.tsx'
import { Pill } from '../../ui/status.tsx'
import { useEntityName } from './entity.tsx'
import './work.css'
import { type Found, ProcessingRail, useResultsOf } from './rail.tsx'

/** A call: what was said, and which trackers found what in it. */
export function CallPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const call = useApi<Call>(`/v1/calls/${encodeURIComponent(id)}`)
  return (
    <Loaded of={call} what="the call">
      {(found) => <OneCall call={found} />}
    </Loaded>
  )
}

function OneCall({ call }: { call: Call }) {
  const { times } = useHere()
  const account = useEntityName({ type: 'account', id: call.accountId ?? '' })
  const { found, isReady } = useResultsOf('call', call.id)
  return (
    <Page
      title={call.title || 'Call'}
      crumbs={<Link to="/conversations">Calls and emails</Link>}
      status={
        <>
          {call.private && <Pill>Private</Pill>}
          {call.history && <Pill tone="outline">Brought in as history</Pill>}
        </>
      }
      intro={
        <span className="num">
          {times.moment(call.startedAt)} · {lengthText(call.durationSeconds)} ·{' '}
          {call.durationSeconds > 600 ? 'over 10 min' : 'up to 10 min'}
          {call.accountId && (
            <>
              {' · '}
              <Link to={`/accounts/${encodeURIComponent(call.accountId)}`}>{account}</Link>
            </>
          )}
        </span>
      }
    >
      <div className="editor reading" style={{ gap: 24 }}>
        <Card
          title="Transcript"
          note={call.private ? 'Private: only its parties see it; nothing reads it.' : undefined}
        >
          {call.transcript ? (
            <Transcript call={call} found={found} />
          ) : (
            <Empty title="No transcript yet">
              The call waits for it: until then it is not read and costs nothing.
            </Empty>
          )}
        </Card>
        <aside className="stack" aria-label="Beside it">
          <ProcessingRail found={found} isReady={isReady} />
          <Card title="People">
            <ul className="plain stack-s">
              {call.parties.map(({ id, name, email, affiliation }) => (
                <li key={id} className="spread">
                  <span className="truncate">{name ?? email ?? id}</span>
                  <span className="muted small">
                    {affiliation === 'company' ? 'our side' : 'customer'}
                  </span>
                </li>
              ))}
            </ul>
          </Card>
        </aside>
      </div>
    </Page>
  )
}

function Transcript({ call, found }: { call: Call; found: Found[] }) {
  const [search] = useSearch()
  const names = new Map(call.parties.map(({ id, name, email }) => [id, name ?? email ?? id]))
  const quotes = new Map<number, { quote: string; tracker: string }[]>()
  for (const { tracker, result } of found) {
    for (const { turn, quote } of result?.found ? result.occurrences : []) {
      quotes.set(turn, [...(quotes.get(turn) ?? []), { quote, tracker: tracker.name }])
    }
  }
  const asked = search.quote
  const quoted = asked ? (call.transcript ?? []).findIndex(({ text }) => text.includes(asked)) : -1
  if (asked && quoted >= 0) {
    quotes.set(quoted, [...(quotes.get(quoted) ?? []), { quote: asked, tracker: 'Cited' }])
  }
  const turn = search.turn ?? (quoted >= 0 ? String(quoted) : undefined)
  useEffect(() => {
    if (turn) document.getElementById(`turn-${turn}`)?.scrollIntoView({ block: 'center' })
  }, [turn])
  return (
    <div>
      {(call.transcript ?? []).map((sentence, place) => {
        const here = quotes.get(place)
        return (
          <div
            className="turn"
            id={`turn-${place}`}
            key={place}
            {...(here || String(place) === turn ? { 'data-hit': true } : {})}
          >
            <span className="num muted small">
              {sentence.startSeconds === undefined ? '' : lengthText(sentence.startSeconds)}
            </span>
            <span className="small truncate strong" style={{ fontWeight: 500 }}>
              {names.get(sentence.partyId) ?? sentence.partyId}
            </span>
            <div>
              <Marked text={sentence.text} quotes={here?.map(({ quote }) => quote) ?? []} />
              {here && (
                <div className="row wrap" style={{ marginTop: 4 }}>
                  {[...new Set(here.map(({ tracker }) => tracker))].map((name) => (
                    <Pill key={name} tone="info">
                      {name}
                    </Pill>
                  ))}
                </div>
              )}
            </div>
          </div>
        )
      })}
    </div>
  )
}

/** A text with the quoted words marked. */
export function Marked({ text, quotes }: { text: string; quotes: string[] }) {
  const found = quotes
    .map((quote) => ({ from: text.indexOf(quote), to: text.indexOf(quote) + quote.length }))
    .filter(({ from }) => from >= 0)
    .sort((a, b) => a.from - b.from)
  const parts: { text: string; isMarked: boolean }[] = []
  let at = 0
  for (const { from, to } of found) {
    if (from < at) continue
    parts.push(
      { text: text.slice(at, from), isMarked: false },
      { text: text.slice(from, to), isMarked: true },
    )
    at = to
  }
  parts.push({ text: text.slice(at), isMarked: false })
  return (
    <>
      {parts.map(({ text: part, isMarked }, place) =>
        isMarked ? <mark key={place}>{part}</mark> : <span key={place}>{part}</span>,
      )}
    </>
  )
}
