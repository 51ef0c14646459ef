import { z } from 'zod'
import type { Ledger } from '../ledger/service/ledger.ts'
import type { App } from '../platform/app.ts'
import type { Database } from '../platform/database.ts'
import type { Queue } from '../platform/queue.ts'
import { answers, time, timeOut } from '../platform/shapes.ts'
import { advance } from './service.ts'

export function testClockRoutes(
  app: App,
  house: { db: Database; ledger: Ledger; queue: Queue },
): void {
  app.post(
    '/v1/test-clock/advance',
    {
      config: { access: 'admin', key: 'none' },
      schema: {
        summary: 'Move the test clock, and do all that falls due on the way',
        tags: ['test clock'],
        body: z.strictObject({ to: time }),
        response: answers({ 200: z.object({ now: timeOut }) }, 409),
      },
    },
    async ({ caller, body }) => ({ now: (await advance(house, caller, body.to)).toISOString() }),
  )
}
