import { Link } from '@tanstack/react-router'
import { Check, Minus } from 'lucide-react'
import { lengthText } from '../../times.ts'
import { Pill } from '../../ui/status.tsx'

interface Result {
  itemType: 'call' | 'email'
  itemId: string
  title: string
  found: boolean
  answer: string
  occurrences: { turn: number; startSeconds?: number; partyId: string; quote: string }[]
}

/** One answer with the words it stands on; each quote leads to its place in the conversation. */
export function ResultQuotes({ result }: { result: Result }) {
  const { itemType, itemId, title, found, answer, occurrences } = result
  const to = `/${itemType}s/${encodeURIComponent(itemId)}`
  return (
    <div>
      <div className="row wrap">
        <Pill icon={found ? Check : Minus} tone={found ? 'ok' : 'plain'}>
          {found ? 'Yes' : 'No'}
        </Pill>
        <Link to={to} className="truncate" style={{ maxWidth: '100%' }}>
          {title || 'Without a title'}
        </Link>
      </div>
      {found && answer && !occurrences.some(({ quote }) => answer.includes(quote)) && (
        <p style={{ marginTop: 4 }} className="clamp-2">
          {answer}
        </p>
      )}
      {found && occurrences[0] && <Quote of={occurrences[0]} to={to} />}
      {found && occurrences.length > 1 && (
        <details className="more">
          <summary>
            {occurrences.length - 1} more {occurrences.length === 2 ? 'place' : 'places'}
          </summary>
          {occurrences.slice(1).map((one) => (
            <Quote key={`${one.turn} ${one.quote}`} of={one} to={to} />
          ))}
        </details>
      )}
    </div>
  )
}

function Quote({ of, to }: { of: Result['occurrences'][number]; to: string }) {
  return (
    <blockquote className="quote">
      <Link to={`${to}?turn=${of.turn}`} className="num small" style={{ marginRight: 8 }}>
        {of.startSeconds === undefined ? 'Open' : lengthText(of.startSeconds)}
      </Link>
      “{of.quote}”
    </blockquote>
  )
}
