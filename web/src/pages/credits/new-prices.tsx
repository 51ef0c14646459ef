import { Button, Modal, NumberInput, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import type { RateCard, WhatIf } from '../../api/types.ts'
import { creditsText, microsOf } from '../../credits.ts'
import { useHere } from '../../session.ts'
import { FormError, fieldError } from '../../ui/parts.tsx'
import { featureName, itemNames } from '../../words.ts'

/** A new version of the rate card, tried on the use of the last year before it is made. */
export function NewPrices({ current, close }: { current: RateCard; close: () => void }) {
  const { times, now } = useHere()
  const [prices, setPrices] = useState<Record<string, number>>(current.prices)
  const [day, setDay] = useState('')
  const [settled] = useDebouncedValue(prices, 400)
  const tried = useQuery({
    queryKey: ['what if', settled],
    queryFn: () => api.post<WhatIf>('/v1/credits/what-if', { rateCard: { prices: settled } }),
  })
  const save = useChange(async () => {
    const effectiveAt = day ? times.begin(day) : undefined
    await api.post('/v1/rate-cards', { prices, ...(effectiveAt ? { effectiveAt } : {}) })
    notifications.show({ message: 'The new prices are recorded. Past charges keep theirs.' })
    close()
  })
  return (
    <Modal opened onClose={close} title="New prices" size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(undefined)
        }}
      >
        <div className="grid-2">
          {Object.entries(prices).map(([type, price]) => (
            <NumberInput
              key={type}
              label={`Each ${itemNames[type]?.[0] ?? type}`}
              min={0}
              step={0.1}
              decimalScale={6}
              value={price}
              onChange={(value) => setPrices({ ...prices, [type]: Number(value) })}
              error={fieldError(save.error, `prices.${type}`)}
            />
          ))}
          <TextInput
            label="First day"
            type="date"
            description="Left open: from now on."
            min={times.iso(now())}
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
            error={fieldError(save.error, 'effectiveAt')}
          />
        </div>
        <div className="notice" aria-live="polite">
          {tried.data ? (
            <BackTest of={tried.data} />
          ) : (
            <p className="soft">Counting the last year…</p>
          )}
        </div>
        <FormError error={save.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Set the prices
          </Button>
        </div>
      </form>
    </Modal>
  )
}

/** What the use of the last year would have cost, feature by feature. */
export function BackTest({ of: { credits, actual, byFeature, runOutAt } }: { of: WhatIf }) {
  const { times } = useHere()
  return (
    <div className="grow">
      <p className="num">
        The use of the last year would have cost <b>{creditsText(credits)}</b> instead of{' '}
        {creditsText(actual ?? 0)}.
        {runOutAt && ` The credits would last until about ${times.lastDay(runOutAt)}.`}
      </p>
      <ul className="plain small" style={{ marginTop: 8 }}>
        {byFeature.map(({ feature, credits: would, actual: was }) => (
          <li key={feature} className="spread">
            {featureName(feature)}
            <span className="num">
              {creditsText(was ?? 0)} → {creditsText(would)}{' '}
              <span className="muted">({changeText(would, was)})</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function changeText(credits: number, actual: number | null): string {
  const change = microsOf(credits) - microsOf(actual ?? 0)
  return `${change > 0n ? '+' : ''}${creditsText(change)}`
}
