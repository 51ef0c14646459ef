import { Button, MultiSelect, Select, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useList } from '../../api/queries.ts'
import type { Brief, Tracker } from '../../api/types.ts'
import { useHere } from '../../session.ts'
import { Card, FormError, Gated } from '../../ui/parts.tsx'
import { FreePill, Pill } from '../../ui/status.tsx'

type BriefSection = Brief['sections'][number]

/** The sections of a template: what each reads, and whether that costs. */
export function Template({ brief }: { brief: Brief }) {
  const { can } = useHere()
  const [name, setName] = useState(brief.name)
  const [sections, setSections] = useState(brief.sections)
  const mayEdit = can('trackers:write')
  const save = useChange(async (status: Brief['status']) => {
    await api.patch(`/v1/briefs/${brief.id}`, { name, status, sections: sections.map(bodyOf) })
    notifications.show({
      title: name,
      message: status === 'published' ? 'Published.' : 'Saved as a draft.',
    })
  })
  const isChanged =
    name !== brief.name || JSON.stringify(sections) !== JSON.stringify(brief.sections)
  const missing = missingIn(name, sections)
  const change = (place: number, part: Partial<BriefSection>) =>
    setSections(sections.map((section, at) => (at === place ? { ...section, ...part } : section)))
  const move = (place: number, by: number) => {
    const next = [...sections]
    const [moved] = next.splice(place, 1)
    next.splice(place + by, 0, moved!)
    setSections(next)
  }
  if (!mayEdit) {
    return (
      <div className="stack" style={{ maxWidth: 820 }}>
        {sections.map((section) => (
          <Card key={section.title} title={section.title} actions={<Price section={section} />}>
            <p className="soft">{section.question ?? 'What its trackers found.'}</p>
          </Card>
        ))}
      </div>
    )
  }
  return (
    <div className="stack" style={{ maxWidth: 820 }}>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {sections.map((section, place) => (
        <SectionFields key={place} section={section} change={(part) => change(place, part)}>
          <Tool
            name={`Move ${section.title} up`}
            isOff={place === 0}
            onClick={() => move(place, -1)}
            icon={<ArrowUp size={14} aria-hidden />}
          />
          <Tool
            name={`Move ${section.title} down`}
            isOff={place === sections.length - 1}
            onClick={() => move(place, 1)}
            icon={<ArrowDown size={14} aria-hidden />}
          />
          <Tool
            name={`Remove ${section.title}`}
            isOff={sections.length === 1}
            onClick={() => setSections(sections.filter((_one, at) => at !== place))}
            icon={<Trash2 size={14} aria-hidden />}
          />
        </SectionFields>
      ))}
      <Gated
        variant="default"
        leftSection={<Plus size={14} />}
        style={{ alignSelf: 'flex-start' }}
        reason={sections.length >= 12 && 'A brief has at most twelve sections.'}
        onClick={() => setSections([...sections, anew])}
      >
        Add a section
      </Gated>
      <FormError error={save.error} />
      <div className="row wrap">
        {brief.status === 'draft' ? (
          <>
            <Gated
              reason={missing}
              loading={save.isPending}
              onClick={() => save.mutate('published')}
            >
              Publish – free
            </Gated>
            <Gated
              variant="default"
              reason={missing ?? (!isChanged && 'Nothing is changed.')}
              loading={save.isPending}
              onClick={() => save.mutate('draft')}
            >
              Save draft
            </Gated>
          </>
        ) : (
          <>
            <Gated
              reason={missing ?? (!isChanged && 'Nothing is changed.')}
              loading={save.isPending}
              onClick={() => save.mutate('published')}
            >
              Save
            </Gated>
            <Button variant="default" loading={save.isPending} onClick={() => save.mutate('draft')}>
              Back to draft
            </Button>
          </>
        )}
      </div>
    </div>
  )
}

const anew: BriefSection = {
  ...{ title: 'New section', source: 'trackers', trackerIds: [], question: null },
  itemTypes: ['call', 'email'],
}

function missingIn(name: string, sections: BriefSection[]): string | undefined {
  if (!name.trim()) return 'Give it a name.'
  const untitled = sections.some(({ title }) => !title.trim())
  if (untitled) return 'Give every section a title.'
  const empty = sections.find(
    ({ source, trackerIds }) => source === 'trackers' && !trackerIds.length,
  )
  if (empty) return `Choose trackers for “${empty.title}”.`
  const silent = sections.find(
    ({ source, question }) => source === 'conversations' && !question?.trim(),
  )
  return silent && `Ask something in “${silent.title}”.`
}

function bodyOf({ title, source, trackerIds, question, itemTypes }: BriefSection) {
  return {
    ...{ title, source },
    ...(source === 'trackers' ? { trackerIds } : { itemTypes }),
    ...(question ? { question } : {}),
  }
}

function Price({ section }: { section: BriefSection }) {
  return section.source === 'trackers' ? (
    <FreePill why="tracker-based" />
  ) : (
    <Pill>Free by hand, paid by API, MCP and automation</Pill>
  )
}

function Tool({
  name,
  isOff,
  onClick,
  icon,
}: {
  name: string
  isOff: boolean
  onClick: () => void
  icon: ReactNode
}) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={name}
      disabled={isOff}
      onClick={onClick}
    >
      {icon}
    </button>
  )
}

function SectionFields({
  section,
  change,
  children,
}: {
  section: BriefSection
  change: (part: Partial<BriefSection>) => void
  children: ReactNode
}) {
  const trackers = useList<Tracker>('/v1/trackers', { limit: 200 })
  const isFree = section.source === 'trackers'
  return (
    <Card
      title={section.title || 'Section'}
      actions={
        <span className="row wrap" style={{ gap: 0 }}>
          <Price section={section} />
          {children}
        </span>
      }
    >
      <div className="stack">
        <div className="grid-2">
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
        </div>
        {isFree ? (
          <MultiSelect
            label="Trackers"
            placeholder={section.trackerIds.length ? '' : 'Choose at least one'}
            searchable
            value={section.trackerIds}
            onChange={(trackerIds) => change({ trackerIds })}
            data={(trackers.rows ?? [])
              .filter(({ id, status }) => status !== 'draft' || section.trackerIds.includes(id))
              .map(({ id, name }) => ({ value: id, label: name }))}
          />
        ) : (
          <Textarea
            label="Question or instruction"
            autosize
            minRows={2}
            maxLength={2000}
            value={section.question ?? ''}
            onChange={(event) => change({ question: event.currentTarget.value })}
          />
        )}
      </div>
    </Card>
  )
}
