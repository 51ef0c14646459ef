import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import type { Brief, GeneratedAnswer } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useSearch } from '../../search.ts'
import { Card, Failed, FormError, Gated, Loading } from '../../ui/parts.tsx'
import { FreePill, Pill } from '../../ui/status.tsx'
import { counted } from '../../words.ts'
import { type Entity, EntityField, type EntityType, entityTypes, periods } from '../work/entity.tsx'
import { Made } from './made.tsx'

/** Generates a brief by hand, which is free, and says what the same would cost otherwise. */
export function Generate({ brief }: { brief: Brief }) {
  const [search, setSearch] = useSearch()
  const type = search.type && search.type in entityTypes ? (search.type as EntityType) : 'account'
  const entity: Entity = { type, id: search.id ?? '' }
  const [timePeriod, setPeriod] = useState('LAST_90DAYS')
  const isDraft = brief.status === 'draft'
  const asked = { entity, timePeriod }
  const price = useQuery({
    queryKey: ['brief price', brief.id, asked],
    queryFn: () =>
      api.post<GeneratedAnswer>(`/v1/briefs/${brief.id}/generate`, { ...asked, dryRun: true }),
    enabled: entity.id !== '' && !isDraft,
    staleTime: 30_000,
  })
  const generate = useChange(() =>
    api.post<GeneratedAnswer>(`/v1/briefs/${brief.id}/generate`, asked),
  )
  return (
    <>
      <div className="editor" style={{ gap: 16 }}>
        <Card title="Generate by hand" actions={<FreePill why="in the app" />}>
          <div className="stack">
            <div className="row wrap" style={{ alignItems: 'flex-end' }}>
              <EntityField
                value={entity}
                onChange={(next) => {
                  generate.reset()
                  setSearch({
                    type: next.type === 'account' ? null : next.type,
                    id: next.id || null,
                  })
                }}
              />
              <Select
                label="Period"
                w={170}
                allowDeselect={false}
                value={timePeriod}
                onChange={(value) => setPeriod(value ?? 'LAST_90DAYS')}
                data={periods}
              />
            </div>
            <FormError error={generate.error} />
            <div>
              <Gated
                reason={
                  isDraft
                    ? 'It is a draft. Publish it first, under Sections and prices.'
                    : !entity.id && 'Choose whom it is about.'
                }
                loading={generate.isPending}
                onClick={() => generate.mutate(undefined)}
              >
                {generate.data ? 'Generate again – free' : 'Generate – free'}
              </Gated>
            </div>
          </div>
        </Card>
        <Card title="What it reads and costs">
          {isDraft || entity.id === '' ? (
            <p className="soft">
              {isDraft
                ? 'The price stands here once the brief is published.'
                : 'Choose whom it is about: the price of each section stands here first.'}
            </p>
          ) : price.data ? (
            <Prices of={price.data} />
          ) : price.error ? (
            <Failed what="the price" error={price.error} retry={price.refetch} />
          ) : (
            <Loading lines={brief.sections.length + 1} />
          )}
        </Card>
      </div>
      {generate.isPending && (
        <Card title={brief.name}>
          <Loading lines={8} />
        </Card>
      )}
      {generate.data && !generate.isPending && <Made of={generate.data} isNew />}
    </>
  )
}

function Prices({ of }: { of: GeneratedAnswer }) {
  return (
    <table className="sum">
      <caption className="sr-only">The price of each section by API, MCP or automation</caption>
      <tbody>
        {(of.sections ?? []).map(
          ({ title, source, paidCredits, callsSearched, emailsSearched }) => (
            <tr key={title}>
              <td>
                {title}
                {source === 'conversations' && (
                  <div className="muted small num">
                    {counted(callsSearched, 'call')}, {counted(emailsSearched, 'email')}
                  </div>
                )}
              </td>
              <td className="num">
                {source === 'trackers' ? (
                  <FreePill why="tracker-based" />
                ) : (
                  creditsText(paidCredits ?? 0)
                )}
              </td>
            </tr>
          ),
        )}
        <tr className="total">
          <th scope="row">By API, MCP or automation, each time</th>
          <td className="num" data-testid="brief-price">
            {creditsText(of.paidCredits ?? 0)}
          </td>
        </tr>
        <tr>
          <th scope="row">By hand</th>
          <td>
            <Pill tone="ok">Free</Pill>
          </td>
        </tr>
      </tbody>
    </table>
  )
}
