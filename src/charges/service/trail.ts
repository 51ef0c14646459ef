import { addAudit } from '../../companies/service/audit.ts'
import type { Caller } from '../../kit/caller.ts'
import { toJson } from '../../kit/credits.ts'
import type { Rider } from '../../ledger/commands.ts'
import { ledgerIds } from '../../ledger/ids.ts'

/** Writes into the audit trail who granted, voided or refunded credits, in the commit that did it. */
export function trailOf(caller: Caller, why: { reason?: string | undefined }) {
  const ids = ledgerIds(caller.companyId)
  const reason = why.reason ?? null
  const by: Rider = {
    writesAtOnce: true,
    async write(run, done) {
      const lines = done.map(({ outcome }) => {
        if (outcome.kind === 'grant' || outcome.kind === 'void') {
          const { no, source, amount, voided } = outcome.grant
          const object = { type: 'grant', id: ids.grant(no) }
          const isMade = outcome.kind === 'grant'
          const said = isMade
            ? { source, credits: toJson(amount), reason }
            : { source, voided: toJson(voided), reason }
          return addAudit(run, caller, isMade ? 'grant.create' : 'grant.void', object, said)
        }
        if (outcome.kind !== 'refund') throw new Error(`a ${outcome.kind} leaves no line here`)
        const { past, refunded } = outcome
        const object = { type: 'charge', id: ids.charge(past.at, past.seq) }
        const said = { credits: toJson(refunded.credits), reason }
        return addAudit(run, caller, 'charge.refund', object, said)
      })
      await Promise.all(lines)
    },
  }
  return { by, row: null }
}
