import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Search, X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'
import { Empty } from '../../ui/parts.tsx'
import './work.css'

/** Words to search for; they stand in the address, a moment after the last key. */
export function SearchBox({ label }: { label: string }) {
  const [search, setSearch] = useSearch()
  const [text, setText] = useState(search.q ?? '')
  const [settled] = useDebouncedValue(text.trim(), 250)
  const asked = search.q ?? ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed changes the address
  useEffect(() => {
    if (settled !== asked) setSearch({ q: settled || null })
  }, [settled])
  // Cleared from outside.
  useEffect(() => {
    if (asked === '') setText('')
  }, [asked])
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<Search size={15} aria-hidden />}
      value={text}
      maxLength={200}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  )
}

const days: Record<string, string> = {
  '7': 'Last 7 days',
  '30': 'Last 30 days',
  '90': 'Last 90 days',
  '365': 'Last year',
}

export function PeriodFilter() {
  const [search, setSearch] = useSearch()
  return (
    <Select
      aria-label="Period"
      placeholder="Any time"
      clearable
      value={search.days && search.days in days ? search.days : null}
      onChange={(value) => setSearch({ days: value })}
      data={Object.entries(days).map(([value, label]) => ({ value, label }))}
    />
  )
}

/** The chosen period as the API asks for it; whole hours, so that asking again is the same question. */
export function usePeriod(): { from?: string } {
  const { now } = useHere()
  const [search] = useSearch()
  const count = Number(search.days)
  if (!search.days || !(search.days in days)) return {}
  const hour = new Date(Math.floor(now().getTime() / 3_600_000) * 3_600_000)
  return { from: daysFrom(hour, -count).toISOString() }
}

/** One filter in force, in words; its key goes away with it. */
export interface Filter {
  key: string
  words: ReactNode
}

/** The filters of the address that are in force. */
export function useFilters(named: Record<string, (value: string) => ReactNode>): Filter[] {
  const [search] = useSearch()
  const words: typeof named = {
    q: (value) => `“${value}”`,
    days: (value) => days[value] ?? value,
    ...named,
  }
  return Object.entries(words).flatMap(([key, say]) =>
    search[key] ? [{ key, words: say(search[key]) }] : [],
  )
}

export function FilterChips({ filters }: { filters: Filter[] }) {
  const [, setSearch] = useSearch()
  if (filters.length === 0) return null
  const clear = () => setSearch(Object.fromEntries(filters.map(({ key }) => [key, null])))
  return (
    <div className="chips">
      {filters.map(({ key, words }) => (
        <span key={key} className="filter-chip">
          {words}
          <button
            type="button"
            aria-label={`Remove the filter ${typeof words === 'string' ? words : key}`}
            onClick={() => setSearch({ [key]: null })}
          >
            <X size={14} aria-hidden />
          </button>
        </span>
      ))}
      <Button size="compact-xs" variant="subtle" onClick={clear}>
        Clear all
      </Button>
    </div>
  )
}

/** Nothing fits the filters; they are named above, and can be taken away here. */
export function NothingFits({ what, filters }: { what: string; filters: Filter[] }) {
  const [, setSearch] = useSearch()
  return (
    <Empty
      title={`No ${what} fit`}
      action={
        <Button
          variant="default"
          size="xs"
          onClick={() => setSearch(Object.fromEntries(filters.map(({ key }) => [key, null])))}
        >
          Clear the filters
        </Button>
      }
    >
      Filtered by{' '}
      {filters.map(({ key, words }, place) => (
        <span key={key}>
          {place > 0 && ', '}
          {words}
        </span>
      ))}
      .
    </Empty>
  )
}
