import { Button, Modal } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { useChange } from '../../api/queries.ts'
import type { Automation, AutomationRun, GeneratedAnswer } from '../../api/types.ts'
import { creditsText } from '../../credits.ts'
import { FormError, Loading } from '../../ui/parts.tsx'

/** What a brief about somebody costs by automation, before it runs. */
export function usePrice(
  briefId: string,
  entity: Automation['then']['entity'] | undefined,
  timePeriod: string,
) {
  const isKnown = briefId !== '' && typeof entity === 'object' && entity.id !== ''
  return useQuery({
    queryKey: ['brief price', briefId, { entity, timePeriod }],
    queryFn: () =>
      api.post<GeneratedAnswer>(`/v1/briefs/${briefId}/generate`, {
        ...{ entity, timePeriod, dryRun: true },
      }),
    enabled: isKnown,
    staleTime: 30_000,
    retry: false,
  })
}

/** Asks before a run is paid. */
export function RunNow({ automation, close }: { automation: Automation; close: () => void }) {
  const { briefId, entity, timePeriod } = automation.then
  const price = usePrice(briefId, entity, timePeriod)
  const run = useChange(async () => {
    const { status, credits } = await api.post<AutomationRun>(
      `/v1/automations/${automation.id}/run`,
      {},
    )
    notifications.show({
      title: automation.name,
      message:
        status === 'done'
          ? `Generated, ${creditsText(credits)} credits.`
          : 'It did not run; its log says why.',
    })
    close()
  })
  const isFree = price.data?.paidCredits === 0
  const cost = price.data && creditsText(price.data.paidCredits ?? 0)
  return (
    <Modal opened onClose={close} title={`Run “${automation.name}” now?`}>
      <div className="stack">
        {entity === 'trigger' ? (
          <p>
            It is about the account of the newest call or email that fits. What it costs depends on
            how much there is to read, and stands in the run log.
          </p>
        ) : price.error ? (
          <p style={{ color: 'var(--warn)' }}>Cost unknown: {price.error.message}</p>
        ) : cost === undefined ? (
          <Loading lines={1} />
        ) : (
          <p className="num">
            {isFree
              ? 'It costs nothing: there is nothing paid to read.'
              : `It costs ${cost} credits.`}{' '}
            {price.data && `${creditsText(price.data.balance.available)} are left.`}
          </p>
        )}
        <FormError error={run.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" data-autofocus onClick={close}>
            Cancel
          </Button>
          <Button
            loading={run.isPending}
            disabled={entity !== 'trigger' && !price.data}
            onClick={() => run.mutate(undefined)}
          >
            {cost === undefined ? 'Run' : isFree ? 'Run – free' : `Run – ${cost} credits`}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
