/** Times as the company counts them: everything is shown in its time zone. */
export interface Times {
  zone: string
  /** `12 Nov 2026` */
  day(at: string | Date): string
  /** The last whole day before a moment: until when something lasts that ends with it. */
  lastDay(end: string | Date): string
  /** `12 Nov` */
  dayMonth(at: string | Date): string
  /** `12 Nov 2026, 09:14` */
  moment(at: string | Date): string
  /** `Nov 2026` */
  month(at: string | Date): string
  /** `2026-11-12`, for date fields and queries. */
  iso(at: string | Date): string
  /** The first moment of a day such as `2026-11-12`, as the API takes it. */
  begin(day: string): string
}

export function timesIn(zone: string): Times {
  const with_ = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options })
    return (at: string | Date) => format.format(new Date(at))
  }
  const day = with_({ day: 'numeric', month: 'short', year: 'numeric' })
  const iso = new Intl.DateTimeFormat('en-CA', { timeZone: zone })
  return {
    zone,
    day,
    lastDay: (end) => day(new Date(new Date(end).getTime() - 1)),
    dayMonth: with_({ day: 'numeric', month: 'short' }),
    moment: with_({
      ...{ day: 'numeric', month: 'short', year: 'numeric' },
      ...{ hour: '2-digit', minute: '2-digit' },
    }),
    month: with_({ month: 'short', year: 'numeric' }),
    iso: (at) => iso.format(new Date(at)),
    begin: (day) => beginOf(day, zone).toISOString(),
  }
}

function beginOf(day: string, zone: string): Date {
  const clock = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone: zone, dateStyle: 'short', timeStyle: 'medium' },
  })
  const wanted = Date.parse(`${day}T00:00:00Z`)
  // Twice: the first guess may lie on the other side of a change of the clocks.
  let at = wanted
  for (let turn = 0; turn < 2; turn++) {
    at += wanted - Date.parse(`${clock.format(at).replace(' ', 'T')}Z`)
  }
  return new Date(at)
}

/** `34:12`, `1:04:00`. */
export function lengthText(seconds: number): string {
  const whole = Math.floor(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const rest = String(whole % 60).padStart(2, '0')
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** Some days before or after a moment. */
export function daysFrom(at: Date, days: number): Date {
  return new Date(at.getTime() + days * 86_400_000)
}
