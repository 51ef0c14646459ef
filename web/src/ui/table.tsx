import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Failed, Loading } from './parts.tsx'

export interface Column<Row> {
  head: string
  cell: (row: Row) => ReactNode
  /** Figures stand to the right. */
  right?: boolean
  /** On a phone: what leads the card, and the figure at its top right. */
  lead?: boolean
  amount?: boolean
  width?: number | string
  /** The sum under the column. */
  foot?: ReactNode
}

interface Props<Row> {
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  id: (row: Row) => string
  /** The page of a row: the whole row leads there, its first cell as a link. */
  to?: (row: Row) => string
}

/** A real table; on a phone each row is a card. */
export function DataTable<Row>({ caption, columns, rows, id, to }: Props<Row>) {
  const hasFoot = columns.some((column) => column.foot !== undefined)
  return (
    <div className="scroll-x">
      <table className="data cards">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, right, width }) => (
              <th
                key={head}
                scope="col"
                className={right ? 'right' : undefined}
                style={width === undefined ? undefined : { width }}
              >
                {head || <span className="sr-only">More</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={id(row)}
              {...(to
                ? {
                    'data-link': true,
                    onClick: ({ currentTarget, target }) => {
                      const inner = (target as HTMLElement).closest('a, button, input, label')
                      if (!inner) currentTarget.querySelector('a')?.click()
                    },
                  }
                : {})}
            >
              {columns.map(({ head, cell, right, lead, amount }, place) => (
                <td
                  key={head}
                  className={right ? 'right' : undefined}
                  data-label={head}
                  {...(lead ? { 'data-lead': true } : {})}
                  {...(amount ? { 'data-amount': true } : {})}
                >
                  {to && place === 0 ? (
                    <Link to={to(row)} style={{ color: 'inherit' }}>
                      {cell(row)}
                    </Link>
                  ) : (
                    cell(row)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {hasFoot && (
          <tfoot>
            <tr>
              {columns.map(({ head, right, foot, lead, amount }) => (
                <td
                  key={head}
                  className={right ? 'right' : undefined}
                  {...(lead ? { 'data-lead': true } : {})}
                  {...(amount ? { 'data-amount': true } : {})}
                >
                  {foot}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  )
}

interface ListProps<Row> extends Omit<Props<Row>, 'rows'> {
  what: string
  of: {
    rows: Row[] | undefined
    error: Error | null
    refetch: () => unknown
    hasNextPage: boolean
    isFetchingNextPage: boolean
    fetchNextPage: () => unknown
  }
  empty: ReactNode
}

/** A list of the API with its states: loading, failed, empty, and more to come. */
export function ListTable<Row>({ what, of, empty, ...table }: ListProps<Row>) {
  if (!of.rows) {
    return of.error ? (
      <Failed what={what} error={of.error} retry={of.refetch} />
    ) : (
      <Loading lines={6} height={20} />
    )
  }
  if (of.rows.length === 0) return <>{empty}</>
  return (
    <>
      <DataTable {...table} rows={of.rows} />
      {of.hasNextPage && (
        <div className="table-foot">
          <span className="muted small">{of.rows.length} shown</span>
          <Button
            variant="default"
            size="xs"
            loading={of.isFetchingNextPage}
            onClick={() => void of.fetchNextPage()}
          >
            Show more
          </Button>
        </div>
      )}
    </>
  )
}
