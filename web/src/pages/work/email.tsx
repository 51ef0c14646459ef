import { Link, useParams } from '@tanstack/react-router'
import { useApi } from '../../api/queries.ts'
import type { Email } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Loaded, Page } from '../../ui/parts.tsx'
import { Marked } from './call.tsx'
import { ProcessingRail, useResultsOf } from './rail.tsx'

/** An email: what was written, and which trackers found what in it. */
export function EmailPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const email = useApi<Email>(`/v1/emails/${encodeURIComponent(id)}`)
  return (
    <Loaded of={email} what="the email">
      {(found) => <OneEmail email={found} />}
    </Loaded>
  )
}

function OneEmail({ email }: { email: Email }) {
  const { times } = useHere()
  const { found, isReady } = useResultsOf('email', email.id)
  const [search] = useSearch()
  const hits = found.flatMap(({ result }) =>
    result?.found ? result.occurrences.map(({ quote }) => quote) : [],
  )
  const quotes = search.quote ? [...hits, search.quote] : hits
  const people = (all: { name: string | null; email: string }[]) =>
    all.map(({ name, email: address }) => (name ? `${name} <${address}>` : address)).join(', ')
  return (
    <Page
      title={email.subject || 'Without a subject'}
      crumbs={<Link to="/conversations?type=emails">Calls and emails</Link>}
      intro={<span className="num">{times.moment(email.sentAt)}</span>}
    >
      <div className="editor" style={{ gap: 24 }}>
        <Card>
          <dl
            className="facts"
            style={{ gridTemplateColumns: '60px minmax(0,1fr)', marginBottom: 16 }}
          >
            <dt>From</dt>
            <dd>{people([email.from])}</dd>
            <dt>To</dt>
            <dd>{people(email.to) || '–'}</dd>
            {email.cc.length > 0 && (
              <>
                <dt>Cc</dt>
                <dd>{people(email.cc)}</dd>
              </>
            )}
          </dl>
          <div
            style={{
              whiteSpace: 'pre-wrap',
              overflowWrap: 'anywhere',
              borderTop: '1px solid var(--border)',
              paddingTop: 16,
            }}
          >
            <Marked text={email.body} quotes={quotes} />
          </div>
        </Card>
        <aside className="stack" aria-label="Beside it">
          <ProcessingRail found={found} isReady={isReady} />
        </aside>
      </div>
    </Page>
  )
}
