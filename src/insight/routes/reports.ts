import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Caller } from '../../kit/caller.ts'
import { ledgerIds } from '../../ledger/ids.ts'
import type { App } from '../../platform/app.ts'
import { answers } from '../../platform/shapes.ts'
import { type Column, csvHead, csvRow, jsonRow } from '../report.ts'
import * as reports from '../service/reports.ts'
import type { Deps } from '../service/usage.ts'
import { ReportOut, ReportQuestion, reportNames } from '../shapes.ts'
import { balanceColumns, ledgerColumns, purchaseColumns, usageColumns } from './columns.ts'

type ReportName = (typeof reportNames)[number]

export function reportRoutes(app: App, house: Deps): void {
  app.get(
    '/v1/credits/reports/:report',
    {
      config: { access: 'credits:read' },
      schema: {
        summary: 'A report over whole days, as CSV or JSON',
        tags: ['credits'],
        params: z.object({ report: z.enum(reportNames) }),
        querystring: ReportQuestion,
        response: answers({ 200: ReportOut }, 422),
      },
    },
    async ({ caller, params: { report }, query: { format, ...asked } }, reply) => {
      const texts = await open[report](house, caller, asked, format)
      if (format === 'csv') {
        reply.type('text/csv; charset=utf-8')
        reply.header('content-disposition', `attachment; filename="sluice-${report}.csv"`)
      } else reply.type('application/json; charset=utf-8')
      return reply.send(Readable.from(texts) as never)
    },
  )
}

type Format = 'csv' | 'json'
type Open = (
  house: Deps,
  caller: Caller,
  asked: reports.ReportQuestion,
  format: Format,
) => Promise<AsyncGenerator<string>>

/** Begins a report: what can be refused is refused here, before the first byte is sent. */
const open: Record<ReportName, Open> = {
  usage: async (house, caller, asked, format) =>
    written(await reports.usageReport(house, caller, asked), usageColumns, format),
  balance: async (house, caller, asked, format) =>
    written(await reports.balanceReport(house, caller, asked), balanceColumns, format),
  purchases: async (house, caller, asked, format) => {
    const { timezone, rows } = await reports.purchaseReport(house, caller, asked)
    return written(rows, purchaseColumns(timezone), format)
  },
  ledger: async (house, caller, asked, format) =>
    written(
      await reports.ledgerReport(house, caller, asked),
      ledgerColumns(ledgerIds(caller.companyId)),
      format,
    ),
}

/** A report's text, a chunk of rows at a time. */
async function* written<Row>(
  chunks: reports.Chunks<Row>,
  columns: Column<Row>[],
  format: Format,
): AsyncGenerator<string> {
  yield format === 'csv' ? csvHead(columns) : '{"data":['
  let first = true
  for await (const rows of chunks) {
    if (rows.length === 0) continue
    if (format === 'csv') yield rows.map((row) => csvRow(columns, row)).join('')
    else yield (first ? '' : ',') + rows.map((row) => jsonRow(columns, row)).join(',')
    first = false
  }
  if (format === 'json') yield ']}'
}
