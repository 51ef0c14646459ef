import pg from 'pg'
import { addDays, addMonths, startOfDay } from '../../src/kit/calendar.ts'

/** Zones with every kind of oddity: days without midnight, half hours, a day that never was, 14 hours ahead. */
export const zones = [
  ...[
    'UTC',
    'Europe/Berlin',
    'Europe/London',
    'Europe/Lisbon',
    'Europe/Dublin',
    'Europe/Moscow',
    'Europe/Istanbul',
  ],
  ...[
    'America/New_York',
    'America/Chicago',
    'America/Denver',
    'America/Los_Angeles',
    'America/Phoenix',
    'America/Toronto',
  ],
  ...[
    'America/St_Johns',
    'America/Halifax',
    'America/Havana',
    'America/Santiago',
    'America/Asuncion',
    'America/Sao_Paulo',
  ],
  ...[
    'America/Bogota',
    'America/Mexico_City',
    'Africa/Cairo',
    'Africa/Casablanca',
    'Africa/Lagos',
    'Africa/Johannesburg',
  ],
  ...[
    'Asia/Beirut',
    'Asia/Jerusalem',
    'Asia/Tehran',
    'Asia/Dubai',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Asia/Dhaka',
  ],
  ...[
    'Asia/Tokyo',
    'Asia/Shanghai',
    'Australia/Sydney',
    'Australia/Lord_Howe',
    'Pacific/Auckland',
    'Pacific/Chatham',
  ],
  ...['Pacific/Apia', 'Pacific/Kiritimati'],
]

/**
 * Zones whose government has lately changed its mind: from that day on the two follow different issues of the time zone
 * database, and are not compared.
 */
const unsettled: Record<string, string> = { 'Africa/Casablanca': '2026-09-01' }

export interface CalendarResult {
  boundaries: number
  differences: string[]
}

/**
 * The first instant of every day of some years in some zones, and the anniversaries of each, by our calendar and by
 * PostgreSQL's. The control counts from UTC midnight by the offset at noon, and lets JavaScript add the years.
 */
export async function compareCalendars(
  url: string,
  {
    from,
    to,
    inZones,
    control = false,
  }: { from: string; to: string; inZones: readonly string[]; control?: boolean },
): Promise<CalendarResult> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' })
  await client.connect()
  const result: CalendarResult = { boundaries: 0, differences: [] }
  const days: string[] = []
  for (let day = from; day < to; day = addDays(day, 1)) days.push(day)
  try {
    for (const zone of inZones) {
      const { rows } = await client.query<{ at: string }>(
        `select (extract(epoch from (
             select min(c) from (values (t), (t - interval '30 min'), (t - interval '1 h')) as x (c)
             where (c at time zone $3)::date >= d)) * 1000)::bigint as at
         from (select d::date as d, d::timestamp at time zone $3 as t
           from generate_series($1::date, $2::date - 1, interval '1 day') d) days order by d`,
        [from, to, zone],
      )
      for (const [i, day] of days.entries()) {
        if (day >= (unsettled[zone] ?? '9999')) break
        const ours = control ? noonOffset(day, zone) : startOfDay(day, zone).getTime()
        result.boundaries += 1
        if (ours !== Number(rows[i]!.at)) {
          result.differences.push(
            `${day} ${zone}: ${new Date(ours).toISOString()} should be ${new Date(Number(rows[i]!.at)).toISOString()}`,
          )
        }
      }
    }
    const { rows } = await client.query<{ days: string[] }>(
      `select array(select (d + n * interval '1 year')::date::text from generate_series(1, 10) n order by n) as days
       from generate_series($1::date, $2::date - 1, interval '1 day') d order by d`,
      [from, to],
    )
    for (const [i, day] of days.entries()) {
      for (let n = 1; n <= 10; n++) {
        const ours = control ? scriptYears(day, n) : addMonths(day, 12 * n)
        result.boundaries += 1
        if (ours !== rows[i]!.days[n - 1])
          result.differences.push(`${day} + ${n} years: ${ours} should be ${rows[i]!.days[n - 1]}`)
      }
    }
  } finally {
    await client.end()
  }
  return result
}

function scriptYears(day: string, years: number): string {
  const date = new Date(day)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  return date.toISOString().slice(0, 10)
}

function noonOffset(day: string, zone: string): number {
  const noon = new Date(`${day}T12:00:00Z`)
  const local = new Date(`${noon.toLocaleString('sv-SE', { timeZone: zone }).replace(' ', 'T')}Z`)
  return Date.parse(day) - (local.getTime() - noon.getTime())
}
