import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { useState } from 'react'
import { useList } from '../../api/queries.ts'
import type { RateCard } from '../../api/types.ts'
import { exactText } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { Card, Failed, Gated, Loading, onlyTechAdmins, Page } from '../../ui/parts.tsx'
import { itemNames } from '../../words.ts'
import { NewPrices } from './new-prices.tsx'

/** The rules in plain words: what costs what, what is free, and in which order credits are used. */
export function RatesPage() {
  const { can, times, now } = useHere()
  const cards = useList<RateCard>(
    '/v1/rate-cards',
    { limit: 200 },
    { enabled: can('credits:read') },
  )
  const moment = now().toISOString()
  const current = cards.rows?.find(({ effectiveAt }) => effectiveAt <= moment)
  const prices = Object.entries(current?.prices ?? {})
  const coming = cards.rows?.filter(({ effectiveAt }) => effectiveAt > moment) ?? []
  const [isSetting, setSetting] = useState(false)
  return (
    <Page
      title="How credits work"
      crumbs={can('credits:read') ? <Link to="/credits">Credits</Link> : undefined}
      actions={
        can('credits:read') && (
          <Gated
            variant="default"
            reason={!can('admin') && onlyTechAdmins}
            onClick={() => setSetting(true)}
          >
            New prices
          </Gated>
        )
      }
    >
      {isSetting && current && <NewPrices current={current} close={() => setSetting(false)} />}
      <div className="grid-2" style={{ alignItems: 'start' }}>
        <div className="stack">
          {can('credits:read') && (
            <Card
              title="Prices"
              note={
                current &&
                `Rate card version ${current.version}, in force since ${times.day(current.effectiveAt)}`
              }
            >
              {cards.error ? (
                <Failed what="the rate card" error={cards.error} retry={cards.refetch} />
              ) : !cards.rows ? (
                <Loading lines={4} />
              ) : (
                <table className="sum">
                  <tbody>
                    {prices.map(([type, price]) => (
                      <tr key={type}>
                        <td>Each {itemNames[type]?.[0] ?? type}</td>
                        <td className="num">{exactText(price)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
              {coming.map(({ version, effectiveAt }) => (
                <p key={version} className="small" style={{ marginTop: 12 }}>
                  Version {version} comes into force on {times.day(effectiveAt)}.
                </p>
              ))}
              <p className="muted small" style={{ marginTop: 12 }}>
                10:00 exactly counts as up to 10 minutes. An email is one message. Processing is
                charged once for each tracker version; looking at results never is.
              </p>
            </Card>
          )}
          <Card title="What uses credits">
            <List
              of={[
                'Question trackers: new calls and emails, and history you ask for',
                'Asking and briefs through the API, on every request',
                'MCP tools that read calls and emails',
                'Automated briefs, “run now” included',
              ]}
            />
          </Card>
        </div>
        <div className="stack">
          <Card title="What is free">
            <List
              isFree
              of={[
                'Every view, filter, stream and report',
                'Asking and generating briefs by hand in this app',
                'Pretrained and keyword trackers',
                'Sections of briefs that are built on trackers',
                'Items that a tracker version has processed already',
              ]}
            />
          </Card>
          <Card title="The order of use">
            <p className="soft">
              All credits form one pool. What expires first is used first; at the same expiry
              default credits go before adjustments, and those before purchased ones. Default
              credits come anew with each contract year; purchased ones last until the end of the
              term.
            </p>
          </Card>
          <Card title="When credits run out">
            <p className="soft">
              The admins are told at 60, 80, 90, 95 and 100 percent. At zero, what uses credits
              stops; everything else goes on, and nothing is lost. After credits are added, API and
              MCP work again by themselves; trackers go on when somebody resumes them and says what
              to catch up on.
            </p>
          </Card>
        </div>
      </div>
    </Page>
  )
}

function List({ of, isFree = false }: { of: string[]; isFree?: boolean }) {
  return (
    <ul className="plain stack-s">
      {of.map((line) => (
        <li key={line} className="row" style={{ alignItems: 'flex-start' }}>
          {isFree ? (
            <Check size={15} color="var(--ok)" style={{ marginTop: 3, flex: 'none' }} aria-hidden />
          ) : (
            <span className="muted">•</span>
          )}
          {line}
        </li>
      ))}
    </ul>
  )
}
