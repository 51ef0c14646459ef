import { Button, MultiSelect, Select, Textarea, TextInput } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api } from '../../api/client.ts'
import type { Brief, GeneratedBrief, Tracker } from '../../api/generated/types.gen.ts'
import { useApi, useChange, useList } from '../../api/queries.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { Card, Credits, Empty, FormError, Gated, Loaded, Page } from '../../ui/parts.tsx'
import { FreePill, Pill } from '../../ui/status.tsx'
import { ListTable } from '../../ui/table.tsx'
import { Findings } from '../work/ask.tsx'
import { type Entity, EntityField, type EntityType, entityTypes, periods } from '../work/entity.tsx'

type BriefSection = Brief['sections'][number]

export function BriefPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const brief = useApi<Brief>(`/v1/briefs/${id}`)
  return (
    <Loaded of={brief} what="the brief">
      {(found) => <OneBrief key={id} brief={found} />}
    </Loaded>
  )
}

/** A template and what was generated from it; by hand it is free. */
function OneBrief({ brief }: { brief: Brief }) {
  const { can, times } = useHere()
  const [search] = useSearch()
  const [name, setName] = useState(brief.name)
  const [sections, setSections] = useState(brief.sections)
  const type = search.type && search.type in entityTypes ? (search.type as EntityType) : 'account'
  const [entity, setEntity] = useState<Entity>({ type, id: search.id ?? '' })
  const [timePeriod, setPeriod] = useState('LAST_90DAYS')
  const generated = useList<GeneratedBrief>(`/v1/briefs/${brief.id}/generated`, { limit: 10 })
  const save = useChange((status: Brief['status']) =>
    api.patch(`/v1/briefs/${brief.id}`, { name, status, sections: sections.map(bodyOf) }),
  )
  const generate = useChange(() =>
    api.post<GeneratedBrief>(`/v1/briefs/${brief.id}/generate`, { entity, timePeriod }),
  )
  const isChanged =
    name !== brief.name || JSON.stringify(sections) !== JSON.stringify(brief.sections)
  const mayEdit = can('trackers:write')
  const change = (place: number, part: Partial<BriefSection>) =>
    setSections(sections.map((section, at) => (at === place ? { ...section, ...part } : section)))
  const move = (place: number, by: number) => {
    const next = [...sections]
    const [moved] = next.splice(place, 1)
    next.splice(place + by, 0, moved!)
    setSections(next)
  }
  return (
    <Page
      title={brief.name}
      crumbs={<Link to="/briefs">Briefs</Link>}
      status={
        <Pill tone={brief.status === 'published' ? 'ok' : 'outline'}>
          {brief.status === 'published' ? 'Published' : 'Draft'}
        </Pill>
      }
      actions={
        mayEdit && (
          <>
            <Gated
              variant="default"
              reason={!isChanged && 'Nothing is changed.'}
              loading={save.isPending}
              onClick={() => save.mutate(brief.status)}
            >
              Save
            </Gated>
            {brief.status === 'draft' ? (
              <Button loading={save.isPending} onClick={() => save.mutate('published')}>
                Save and publish
              </Button>
            ) : (
              <Button
                variant="default"
                loading={save.isPending}
                onClick={() => save.mutate('draft')}
              >
                Back to draft
              </Button>
            )}
          </>
        )
      }
    >
      <div className="stack-l">
        <FormError error={save.error} />
        <div className="grid-2" style={{ alignItems: 'start' }}>
          <div className="stack">
            {mayEdit && (
              <TextInput
                label="Name"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
            )}
            {sections.map((section, place) => (
              <SectionFields
                key={place}
                section={section}
                isFixed={!mayEdit}
                change={(part) => change(place, part)}
              >
                {mayEdit && (
                  <span className="row" style={{ gap: 0 }}>
                    <button
                      type="button"
                      className="icon-button"
                      aria-label="Move up"
                      disabled={place === 0}
                      onClick={() => move(place, -1)}
                    >
                      <ArrowUp size={14} />
                    </button>
                    <button
                      type="button"
                      className="icon-button"
                      aria-label="Move down"
                      disabled={place === sections.length - 1}
                      onClick={() => move(place, 1)}
                    >
                      <ArrowDown size={14} />
                    </button>
                    <button
                      type="button"
                      className="icon-button"
                      aria-label="Remove section"
                      disabled={sections.length === 1}
                      onClick={() => setSections(sections.filter((_one, at) => at !== place))}
                    >
                      <Trash2 size={14} />
                    </button>
                  </span>
                )}
              </SectionFields>
            ))}
            {mayEdit && (
              <Button
                variant="default"
                leftSection={<Plus size={14} />}
                style={{ alignSelf: 'flex-start' }}
                onClick={() =>
                  setSections([
                    ...sections,
                    {
                      title: 'New section',
                      source: 'trackers',
                      trackerIds: [],
                      question: null,
                      itemTypes: ['call', 'email'],
                    },
                  ])
                }
              >
                Add a section
              </Button>
            )}
          </div>
          <div className="stack">
            <Card title="Generate by hand" actions={<FreePill why="in the app" />}>
              <div className="stack">
                <div className="row wrap" style={{ alignItems: 'flex-end' }}>
                  <EntityField value={entity} onChange={setEntity} />
                </div>
                <Select
                  label="Period"
                  allowDeselect={false}
                  value={timePeriod}
                  onChange={(value) => setPeriod(value ?? 'LAST_90DAYS')}
                  data={periods}
                />
                <FormError error={generate.error} />
                <Gated
                  reason={
                    brief.status === 'draft'
                      ? 'Publish it first.'
                      : !entity.id && 'Choose whom it is about.'
                  }
                  loading={generate.isPending}
                  onClick={() => generate.mutate(undefined)}
                >
                  Generate – free
                </Gated>
              </div>
            </Card>
            {generate.data && <Generated of={generate.data} />}
          </div>
        </div>
        <Card title="Generated before" flush>
          <ListTable
            what="generated briefs"
            of={generated}
            caption="Generated briefs, newest first"
            id={({ id, createdAt }) => id ?? createdAt}
            empty={<Empty title="None yet" />}
            columns={[
              {
                head: 'About',
                lead: true,
                cell: ({ entity: of }) =>
                  `${entityTypes[of.type as EntityType] ?? of.type} ${of.id}`,
              },
              {
                head: 'When',
                cell: ({ createdAt }) => (
                  <span className="num soft">{times.moment(createdAt)}</span>
                ),
              },
              {
                head: 'Credits',
                right: true,
                amount: true,
                cell: ({ credits, chargeId }) =>
                  chargeId && can('credits:read') ? (
                    <Link to={`/credits/charges/${chargeId}`}>
                      <Credits value={credits} />
                    </Link>
                  ) : (
                    <Credits value={credits} />
                  ),
              },
            ]}
          />
        </Card>
      </div>
    </Page>
  )
}

function bodyOf({ title, source, trackerIds, question, itemTypes }: BriefSection) {
  return {
    ...{ title, source },
    ...(source === 'trackers' ? { trackerIds } : { itemTypes }),
    ...(question ? { question } : {}),
  }
}

function SectionFields({
  section,
  isFixed,
  change,
  children,
}: {
  section: BriefSection
  isFixed: boolean
  change: (part: Partial<BriefSection>) => void
  children: ReactNode
}) {
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const isFree = section.source === 'trackers'
  return (
    <Card
      title={section.title || 'Section'}
      actions={
        <>
          {isFree ? (
            <FreePill why="tracker-based" />
          ) : (
            <Pill>Uses credits by API, MCP, automation</Pill>
          )}
          {children}
        </>
      }
    >
      <fieldset disabled={isFixed} className="stack" style={{ border: 0, margin: 0, padding: 0 }}>
        <TextInput
          label="Title"
          value={section.title}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <Select
          label="Reads"
          allowDeselect={false}
          value={section.source}
          onChange={(source) =>
            change({ source: (source ?? 'trackers') as BriefSection['source'] })
          }
          data={[
            { value: 'trackers', label: 'Results of trackers – free' },
            { value: 'conversations', label: 'Calls and emails' },
          ]}
        />
        {isFree ? (
          <MultiSelect
            label="Trackers"
            value={section.trackerIds}
            onChange={(trackerIds) => change({ trackerIds })}
            data={(trackers.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          />
        ) : (
          <Textarea
            label="Question"
            autosize
            value={section.question ?? ''}
            onChange={(event) => change({ question: event.currentTarget.value })}
          />
        )}
      </fieldset>
    </Card>
  )
}

function Generated({ of }: { of: GeneratedBrief }) {
  const { times } = useHere()
  return (
    <Card title={of.name} note={`Generated ${times.moment(of.createdAt)}`} role="status">
      <div className="stack">
        {(of.sections ?? []).map(({ title, text, stale, dataAsOf, source, findings }) => (
          <section key={title}>
            <div className="spread">
              <h3>{title}</h3>
              <FreePill why={source === 'trackers' ? 'tracker-based' : 'in the app'} />
            </div>
            <p style={{ whiteSpace: 'pre-line' }}>{text ?? 'Nothing to read.'}</p>
            <p
              className={stale ? 'small' : 'muted small'}
              style={stale ? { color: 'var(--warn)' } : {}}
            >
              Data as of {times.moment(dataAsOf)}
              {stale && `, because a tracker is stopped since ${times.moment(stale.since)}`}
            </p>
            <Findings calls={findings.callFindings} emails={findings.emailFindings} />
          </section>
        ))}
      </div>
    </Card>
  )
}
