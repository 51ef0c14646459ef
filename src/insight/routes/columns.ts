import { deltas } from '../../charges/routes/ledger.ts'
import { dayOf } from '../../kit/calendar.ts'
import type { LedgerIds } from '../../ledger/ids.ts'
import type { Cell, Column } from '../report.ts'
import type { BalanceLine, EntryLine, Purchase, UsageLine } from '../service/reports.ts'
import { countsOf } from '../usage.ts'

// The columns of the four reports, as the specification names them.

export const usageColumns: Column<UsageLine>[] = [
  { title: 'Usage date', name: 'usageDate', of: (row) => row.day },
  { title: 'Feature type', name: 'featureType', of: (row) => row.feature },
  { title: 'Feature name', name: 'featureName', of: (row) => row.instanceName ?? row.instanceId },
  { title: 'Usage action', name: 'usageAction', of: (row) => row.action },
  {
    title: 'Integration',
    name: 'integration',
    of: (row) => row.integrationName ?? row.integrationId,
  },
  { title: 'User ID', name: 'userId', of: (row) => row.memberId },
  { title: 'Credits used', name: 'creditsUsed', of: (row) => row.credits },
  { title: 'Usage breakdown', name: 'usageBreakdown', of: (row) => breakdown(row.quantities) },
  { title: '# of requests', name: 'requests', of: (row) => Number(row.requests) },
]

/** `calls=3; emails=20; webSearches=0`, and whatever else there was. */
function breakdown(quantities: Record<string, string>): Cell {
  const exact = Object.entries(quantities).map(([type, quantity]) => [type, BigInt(quantity)])
  const { calls, emails, webSearches, others } = countsOf(Object.fromEntries(exact))
  return Object.entries({ calls, emails, webSearches, ...others })
    .map(([name, count]) => `${name}=${count}`)
    .join('; ')
}

export const balanceColumns: Column<BalanceLine>[] = [
  { title: 'Date', name: 'date', of: (row) => row.day },
  { title: 'Opening balance', name: 'openingBalance', of: (row) => row.opening },
  { title: 'Granted', name: 'granted', of: (row) => row.granted },
  { title: 'Consumed', name: 'consumed', of: (row) => row.consumed },
  { title: 'Refunded', name: 'refunded', of: (row) => row.refunded },
  { title: 'Expired', name: 'expired', of: (row) => row.expired },
  { title: 'Voided', name: 'voided', of: (row) => row.voided },
  { title: 'Closing balance', name: 'closingBalance', of: (row) => row.closing },
  { title: 'Total', name: 'total', of: (row) => row.total },
  { title: 'Used %', name: 'usedPercent', of: (row) => row.usedPercent },
]

export function purchaseColumns(timezone: string): Column<Purchase>[] {
  return [
    { title: 'Purchase date', name: 'purchaseDate', of: (row) => dayOf(row.createdAt, timezone) },
    { title: 'Credit type', name: 'creditType', of: (row) => row.source },
    { title: 'Credits', name: 'credits', of: (row) => row.credits },
    { title: 'Start date', name: 'startDate', of: (row) => dayOf(row.effectiveAt, timezone) },
    {
      title: 'Expiration date',
      name: 'expirationDate',
      of: (row) => row.expiresAt && dayOf(row.expiresAt, timezone),
    },
    { title: 'Remaining', name: 'remaining', of: (row) => row.remaining },
    { title: 'Reference', name: 'reference', of: (row) => row.reference },
    { title: 'Recorded by', name: 'recordedBy', of: (row) => row.grantedBy ?? 'system' },
  ]
}

export function ledgerColumns(ids: LedgerIds): Column<EntryLine>[] {
  return [
    { title: 'Seq', name: 'seq', of: (row) => row.seq },
    { title: 'Entry ID', name: 'id', of: (row) => ids.entry(row.at, row.seq) },
    { title: 'Time', name: 'at', of: (row) => new Date(row.at).toISOString() },
    { title: 'Type', name: 'type', of: (row) => row.type },
    { title: 'Credits', name: 'credits', of: (row) => row.credits },
    { title: 'Available change', name: 'availableDelta', of: (row) => deltas(row)[0] },
    { title: 'Held change', name: 'heldDelta', of: (row) => deltas(row)[1] },
    { title: 'Available after', name: 'availableAfter', of: (row) => row.availableAfter },
    { title: 'Held after', name: 'heldAfter', of: (row) => row.heldAfter },
    { title: 'Grant ID', name: 'grantId', of: (row) => ids.grant(row.grantNo) },
    {
      title: 'Charge ID',
      name: 'chargeId',
      of: (row) =>
        row.chargeSeq === null ? null : ids.charge(row.chargeAt ?? row.at, row.chargeSeq),
    },
    {
      title: 'Hold ID',
      name: 'holdId',
      of: (row) => (row.holdId === null ? null : ids.hold(row.holdId)),
    },
    { title: 'Reason', name: 'reason', of: (row) => row.reason },
    { title: 'Recorded by', name: 'actor', of: (row) => row.actor },
  ]
}
