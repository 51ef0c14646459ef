import fc from 'fast-check'
import { expect, test } from 'vitest'
import { credits } from '../kit/credits.ts'
import { type Column, csvHead, csvRow, jsonRow } from './report.ts'
import { readCsv } from './tests/csv.ts'

const columns: Column<string[]>[] = ['A', 'B, "b"', 'C'].map((title, i) => {
  return { title, name: title.slice(0, 1).toLowerCase(), of: (row) => row[i]! }
})

const nasty = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '\0', "'", '＝', '"', ',', ' '),
      fc.string(),
    )
    .map(([first, rest]) => first + rest),
)

test('any text survives CSV, and none of it is a formula to a spreadsheet', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(nasty, nasty, nasty), { minLength: 1 }), (rows) => {
      const text = csvHead(columns) + rows.map((row) => csvRow(columns, row)).join('')
      const [head, ...lines] = readCsv(text)
      expect(head).toEqual(['A', 'B, "b"', 'C'])
      for (const cells of lines)
        for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r\n\0＝＋－＠]/)
      expect(lines.map((cells) => cells.map((cell) => cell.replace(/^'/, '')))).toEqual(rows)
    }),
  )
})

test('numbers stay numbers, exact and unguarded', () => {
  const amounts: Column<bigint>[] = [{ title: 'Credits', name: 'credits', of: (amount) => amount }]
  expect(csvRow(amounts, credits('-0.5'))).toBe('-0.5\r\n')
  expect(csvRow(amounts, credits('8999999999.999999'))).toBe('8999999999.999999\r\n')
  expect(jsonRow(amounts, credits('8999999999.999999'))).toBe('{"credits":8999999999.999999}')
  expect(csvRow([{ title: 'N', name: 'n', of: () => null }], 0)).toBe('\r\n')
})
