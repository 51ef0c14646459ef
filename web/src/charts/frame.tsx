import { SegmentedControl } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Card } from '../ui/parts.tsx'

/** Around every chart: a title that says what it shows, one sentence for it, and the same as a table. */
export function ChartFrame({
  title,
  note,
  summary,
  actions,
  graph,
  table,
}: {
  title: ReactNode
  note?: ReactNode
  summary: string
  actions?: ReactNode
  graph: ReactNode
  table: ReactNode
}) {
  const [view, setView] = useState('graph')
  return (
    <Card
      title={title}
      note={note}
      actions={
        <>
          {actions}
          <SegmentedControl
            size="xs"
            value={view}
            onChange={setView}
            aria-label="Show as"
            data={[
              { value: 'graph', label: 'Graph' },
              { value: 'table', label: 'Table' },
            ]}
          />
        </>
      }
    >
      <p className="sr-only">{summary}</p>
      {view === 'graph' ? graph : table}
    </Card>
  )
}

/** The line under a chart: what is pointed at, or else what helps to read the chart. */
export function Readout({ idle, children }: { idle: ReactNode; children: ReactNode }) {
  return (
    <div className="readout small num">
      <p aria-live="polite" hidden={!children}>
        {children}
      </p>
      {!children && idle}
    </div>
  )
}

/** Round steps up to a most: 0, 200, 400 … at most five. */
export function stepsTo(most: number): number[] {
  if (most <= 0) return [0, 1]
  const rough = most / 4
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((n) => n * size).find((n) => n >= rough) ?? size * 10
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, place) => place * step)
}

export function axisText(value: number): string {
  const sizes: [number, string][] = [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e4, 'k'],
  ]
  for (const [size, unit] of sizes) {
    if (value >= size) return `${+(value / (unit === 'k' ? 1e3 : size)).toPrecision(3)}${unit}`
  }
  return (+value.toPrecision(3)).toLocaleString('en-US')
}
