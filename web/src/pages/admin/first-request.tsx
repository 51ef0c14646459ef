import { Loader } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { useApi, useList } from '../../api/queries.ts'
import type { Charge, Integration } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { useHere } from '../../session.ts'

/** Stands by a new key until its first request comes in, and leads to what that was charged. */
export function FirstRequest({ id, name }: { id: string; name: string }) {
  const { times } = useHere()
  const key = useApi<Integration>(`/v1/integrations/${id}`, {}, { everyMs: 2_000 })
  const usedAt = key.data?.lastUsedAt
  const charges = useList<Charge>(
    '/v1/credits/charges',
    { integrationId: id, limit: 1 },
    { everyMs: 2_000, enabled: !!usedAt },
  )
  const charge = charges.rows?.[0]
  return (
    <div className="notice" data-tone="info" role="status">
      {usedAt ? (
        <Check size={16} color="var(--ok)" aria-hidden />
      ) : (
        <Loader size={16} aria-hidden />
      )}
      <p className="grow num">
        {usedAt
          ? `The first request of ${name} came in at ${times.moment(usedAt)}.`
          : `Waiting for the first request of ${name} …`}{' '}
        {charge && (
          <Link to={`/credits/charges/${charge.id}`}>
            It was charged {creditsText(charge.credits)}.
          </Link>
        )}
      </p>
    </div>
  )
}
