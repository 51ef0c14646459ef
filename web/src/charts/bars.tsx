import { useElementSize } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { creditsText, lengthOf, type Micros, ZERO } from '../credits.ts'
import { axisText, Readout, stepsTo } from './frame.tsx'

export interface Bar {
  /** `12 Nov` */
  label: string
  parts: { key: string; name: string; colour: string; credits: Micros }[]
}

const HEIGHT = 220
const LEFT = 44
const BOTTOM = 22
const TOP = 8

/** Stacked bars of credits over time, from zero, each as long as it is; arrow keys walk along them. */
export function Bars({
  bars,
  label,
  legend,
  onPick,
}: {
  bars: Bar[]
  label: string
  /** What the colours mean; it gives way to what is pointed at. */
  legend: ReactNode
  onPick?: (place: number) => void
}) {
  const { ref, width } = useElementSize()
  const [at, setAt] = useState<number>()
  const sums = bars.map(({ parts }) => parts.reduce((sum, part) => sum + part.credits, ZERO))
  const steps = stepsTo(Math.max(0, ...sums.map(lengthOf)))
  const most = steps.at(-1) ?? 1
  const inner = Math.max(0, width - LEFT)
  const slot = inner / Math.max(1, bars.length)
  const thick = Math.max(1, Math.min(36, slot * 0.72))
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most)
  const every = Math.max(1, Math.ceil(bars.length / Math.max(1, Math.floor(inner / 64))))
  const shown = at === undefined ? undefined : bars[at]
  return (
    <div ref={ref}>
      <svg
        className="chart"
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label={`${label}. Use the arrow keys to read single bars.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its bars are read with the arrow keys
        tabIndex={0}
        onKeyDown={(event) => {
          const last = bars.length - 1
          const moves: Record<string, (now: number | undefined) => number | undefined> = {
            ArrowRight: (now) => Math.min(last, (now ?? -1) + 1),
            ArrowLeft: (now) => Math.max(0, (now ?? last + 1) - 1),
            Home: () => 0,
            End: () => last,
            Escape: () => undefined,
          }
          if (event.key === 'Enter' && at !== undefined) onPick?.(at)
          const move = moves[event.key]
          if (!move) return
          event.preventDefault()
          setAt(move)
        }}
        onMouseLeave={() => setAt(undefined)}
      >
        {steps.map((step) => (
          <g key={step}>
            <line className="grid" x1={LEFT} x2={width} y1={y(step)} y2={y(step)} />
            <text x={LEFT - 8} y={y(step) + 4} textAnchor="end">
              {axisText(step)}
            </text>
          </g>
        ))}
        {bars.map(({ label: name, parts }, place) => {
          const x = LEFT + slot * place + (slot - thick) / 2
          let from = 0
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys of the chart do the same
            <g
              key={name + String(place)}
              onMouseEnter={() => setAt(place)}
              onClick={() => onPick?.(place)}
              opacity={at === undefined || at === place ? 1 : 0.45}
              style={onPick ? { cursor: 'pointer' } : undefined}
            >
              <rect x={LEFT + slot * place} y={0} width={slot} height={HEIGHT} fill="transparent" />
              {parts.map(({ key, colour, credits }) => {
                const top = from + lengthOf(credits)
                const box = {
                  y: y(top),
                  height: Math.max(0, y(from) - y(top) - (from > 0 ? 1 : 0)),
                }
                from = top
                return <rect key={key} x={x} width={thick} {...box} fill={colour} />
              })}
              {place % every === 0 && (
                <text x={LEFT + slot * (place + 0.5)} y={HEIGHT - 5} textAnchor="middle">
                  {name}
                </text>
              )}
            </g>
          )
        })}
      </svg>
      <Readout idle={legend}>
        {shown && at !== undefined && (
          <>
            <b>{shown.label}</b> {creditsText(sums[at] ?? ZERO)}
            {shown.parts
              .filter(({ credits }) => credits !== 0n)
              .map(({ name, credits }) => ` · ${name} ${creditsText(credits)}`)}
          </>
        )}
      </Readout>
    </div>
  )
}

export function Legend({ of }: { of: { name: string; colour: string; credits: Micros }[] }) {
  return (
    <div className="legend">
      {of.map(({ name, colour, credits }) => (
        <span key={name}>
          <i style={{ background: colour }} />
          {name} <span className="num strong">{creditsText(credits)}</span>
        </span>
      ))}
    </div>
  )
}
