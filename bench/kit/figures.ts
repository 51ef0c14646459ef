/** The middle value; of two middle ones, their mean. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The value that `part` of all are at or below. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** A number as people read it: 31,400 · 62.8 · 0.71. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 1_000) return Math.round(value).toLocaleString('en')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** A table with its columns in line; numbers to the right. */
export function table(head: string[], rows: (string | number)[][]): string {
  const text = [
    head,
    ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? show(cell) : cell))),
  ]
  const widths = head.map((_, i) => Math.max(...text.map((row) => row[i]?.length ?? 0)))
  const isNumeric = head.map((_, i) =>
    rows.every((row) => typeof row[i] === 'number' || row[i] === '–'),
  )
  const line = (row: string[]) =>
    row
      .map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [line(text[0]!), rule, ...text.slice(1).map(line)].join('\n')
}

/** A goal of docs/performance.md and what was measured. */
export interface Goal {
  says: string
  measured: number
  /** Whether it is reached. */
  met: boolean
}

export function atLeast(what: string, goal: number, measured: number, unit = ''): Goal {
  return {
    says: `${what} ${show(measured)}${unit} (goal ≥ ${goal}${unit})`,
    measured,
    met: measured >= goal,
  }
}

export function atMost(what: string, goal: number, measured: number, unit = ''): Goal {
  return {
    says: `${what} ${show(measured)}${unit} (goal ≤ ${goal}${unit})`,
    measured,
    met: measured <= goal,
  }
}

/** The last line of a bench. */
export function verdict(name: string, goals: Goal[]): string {
  const told = goals.map(({ says, met }) => `${says} ${met ? 'met' : 'MISSED'}`)
  return `${name}: ${told.join('; ')}`
}
