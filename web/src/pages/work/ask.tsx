import { Select, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { AudioLines, Mail, X } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useApi, useChange } from '../../api/queries.ts'
import type { Answer, Stream } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Failed, Gated, Loading, Page } from '../../ui/parts.tsx'
import { FreePill } from '../../ui/status.tsx'
import { counted } from '../../words.ts'
import { type Entity, EntityField, type EntityType, entityTypes, periods } from './entity.tsx'
import './work.css'

type Finding = NonNullable<Answer['answer']>[number]['callFindings'][number]

const examples = [
  'Which risks were named in the last calls?',
  'What did the customer say about the price?',
  'Which next steps were agreed?',
]

/** A question about one customer, answered with the calls and emails it stands on; free by hand. */
export function AskPage() {
  const [search, setSearch] = useSearch()
  const type = search.type && search.type in entityTypes ? (search.type as EntityType) : 'account'
  const entity: Entity = { type, id: search.id ?? '' }
  const [timePeriod, setPeriod] = useState('LAST_90DAYS')
  const [question, setQuestion] = useState('')
  const streamId = search.stream
  const about = streamId ? { streamId } : { entity, timePeriod }
  const isChosen = streamId !== undefined || entity.id !== ''
  const ask = useChange(() => api.post<Answer>('/v1/ask', { question, ...about }))
  const price = useQuery({
    queryKey: ['ask price', about],
    queryFn: () => api.post<Answer>('/v1/ask', { question: 'price', ...about, dryRun: true }),
    enabled: isChosen,
    staleTime: 30_000,
    retry: false,
  })
  const stream = useApi<Stream>(`/v1/streams/${streamId}`, {}, { enabled: streamId !== undefined })
  const reason = !isChosen
    ? 'Choose whom it is about.'
    : !question.trim()
      ? 'Ask a question.'
      : undefined
  return (
    <Page
      title="Ask"
      status={<FreePill why="asked by hand" />}
      intro="Answers stand on calls and emails that you may see, and cite them."
    >
      <div className="stack" style={{ maxWidth: 820 }}>
        <Card>
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault()
              if (!reason) ask.mutate(undefined)
            }}
          >
            <div className="row wrap" style={{ alignItems: 'flex-end' }}>
              {streamId ? (
                <span className="filter-chip">
                  Stream {stream.data?.name ?? ''}
                  <button
                    type="button"
                    aria-label="Ask about a customer instead"
                    onClick={() => setSearch({ stream: null })}
                  >
                    <X size={14} aria-hidden />
                  </button>
                </span>
              ) : (
                <>
                  <EntityField
                    value={entity}
                    onChange={(next) =>
                      setSearch({
                        type: next.type === 'account' ? null : next.type,
                        id: next.id || null,
                      })
                    }
                  />
                  <Select
                    label="Period"
                    w={170}
                    allowDeselect={false}
                    value={timePeriod}
                    onChange={(value) => setPeriod(value ?? 'LAST_90DAYS')}
                    data={periods}
                  />
                </>
              )}
            </div>
            {price.data && (
              <p className="muted small num" data-testid="ask-price" aria-live="polite">
                {price.data.callsSearched + price.data.emailsSearched === 0
                  ? 'There is nothing to read in this period.'
                  : `Reads ${counted(price.data.callsSearched, 'call')} and ${counted(price.data.emailsSearched, 'email')}${price.data.truncated ? ', the newest of more' : ''}. Free here; the same by API or MCP costs ${creditsText(price.data.paidCredits ?? 0)}.`}
              </p>
            )}
            <Textarea
              label="Question"
              autosize
              minRows={2}
              maxLength={2000}
              value={question}
              onChange={(event) => setQuestion(event.currentTarget.value)}
            />
            <div className="row wrap">
              {examples.map((example) => (
                <button
                  key={example}
                  type="button"
                  className="link small"
                  onClick={() => setQuestion(example)}
                >
                  {example}
                </button>
              ))}
            </div>
            <div>
              <Gated type="submit" reason={reason} loading={ask.isPending}>
                Ask – free
              </Gated>
            </div>
          </form>
        </Card>
        {ask.isPending ? (
          <Card>
            <Loading lines={6} />
          </Card>
        ) : ask.error ? (
          <Card flush>
            <Failed what="the answer" error={ask.error} retry={() => ask.mutate(undefined)} />
          </Card>
        ) : (
          ask.data && <Reply of={ask.data} />
        )}
      </div>
    </Page>
  )
}

function Reply({ of }: { of: Answer }) {
  return (
    <Card
      title="Answer"
      note={`From ${counted(of.callsSearched, 'call')} and ${counted(of.emailsSearched, 'email')}${of.truncated ? ', the newest of more' : ''}.`}
      role="status"
    >
      {of.answer?.length ? (
        <ul className="plain stack">
          {of.answer.map(({ text, callFindings, emailFindings }) => (
            <li key={text}>
              <p>{text}</p>
              <Findings calls={callFindings} emails={emailFindings} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="soft">Nothing in them answers this.</p>
      )}
    </Card>
  )
}

export function Findings({ calls, emails }: { calls: Finding[]; emails: Finding[] }) {
  const { times } = useHere()
  const all = [
    ...calls.map((one) => ({ ...one, to: 'calls' })),
    ...emails.map((one) => ({ ...one, to: 'emails' })),
  ]
  return (
    <>
      {all.map(({ id, title, at, quotes, to }) => (
        <div key={`${to} ${id}`} className="source">
          {to === 'calls' ? (
            <AudioLines size={15} aria-label="Call" />
          ) : (
            <Mail size={15} aria-label="Email" />
          )}
          <span>
            <Link
              to={`/${to}/${encodeURIComponent(id)}?quote=${encodeURIComponent(quotes[0] ?? '')}`}
            >
              {title || 'Without a title'}
            </Link>{' '}
            <span className="muted small num">{times.day(at)}</span>
          </span>
          {quotes.slice(0, 3).map((quote) => (
            <blockquote key={quote} className="quote small">
              “{quote}”
            </blockquote>
          ))}
        </div>
      ))}
    </>
  )
}
