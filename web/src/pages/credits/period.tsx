import { SegmentedControl } from '@mantine/core'
import { useApi } from '../../api/queries.ts'
import type { Contract } from '../../api/types.ts'
import { useSearch } from '../../search.ts'
import { useHere } from '../../session.ts'
import { daysFrom } from '../../times.ts'

export interface Period {
  name: string
  /** The first local day, and the day after the last. */
  from: string
  to: string
  granularity: 'day' | 'week' | 'month'
}

/** The contract year of this moment, from what the contract says. */
export function currentYear(contract: Contract | undefined, now = new Date()) {
  const years = contract?.terms.flatMap((term) => term.contractYears) ?? []
  const place = years.findIndex(({ start, end }) => new Date(start) <= now && now < new Date(end))
  const year = years[place]
  return year && { ...year, number: place + 1 }
}

/** The one period of a page; it stands in the address. */
export function usePeriod(): [Period, (name: string) => void] {
  const { times, now } = useHere()
  const [search, setSearch] = useSearch()
  const contract = useApi<Contract>('/v1/contract')
  const name = search.period ?? '28d'
  const today = times.iso(now())
  const tomorrow = times.iso(daysFrom(now(), 1))
  const back = (days: number) => times.iso(daysFrom(now(), -days))
  const year = currentYear(contract.data, now())
  const periods: Record<string, Period> = {
    '7d': { name: 'Last 7 days', from: back(6), to: tomorrow, granularity: 'day' },
    '28d': { name: 'Last 28 days', from: back(27), to: tomorrow, granularity: 'day' },
    '90d': { name: 'Last 90 days', from: back(89), to: tomorrow, granularity: 'week' },
    year: {
      name: year ? `Contract year ${year.number}` : 'This year',
      from: year ? times.iso(year.start) : `${today.slice(0, 4)}-01-01`,
      to: tomorrow,
      granularity: 'month',
    },
  }
  const period = periods[name] ?? periods['28d']!
  return [period, (next) => setSearch({ period: next === '28d' ? null : next })]
}

export function PeriodPicker({
  value,
  onChange,
}: {
  value: Period
  onChange: (name: string) => void
}) {
  const names: Record<string, string> = {
    '7d': '7 days',
    '28d': '28 days',
    '90d': '90 days',
    year: 'Contract year',
  }
  const [search] = useSearch()
  return (
    <SegmentedControl
      size="xs"
      aria-label={`Period, now ${value.name}`}
      value={search.period ?? '28d'}
      onChange={onChange}
      data={Object.entries(names).map(([key, label]) => ({ value: key, label }))}
    />
  )
}
