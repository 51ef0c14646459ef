import type { CompanyNo } from '../../kit/caller.ts'
import { arrayOf, textArray } from '../../platform/arrays.ts'
import type { Run } from '../../platform/run.ts'
import type { Seal, Stretch } from '../chain.ts'

const hex = (bytes: Buffer) => `\\x${bytes.toString('hex')}`

// What a stretch hashes to, of the entries `e`; `offset 0` has each line made once.
const hashes = `sha256(convert_to(string_agg(e.line, E'\\n' order by e.seq), 'UTF8')) as content,
  string_agg(substring(sha256(convert_to(e.line, 'UTF8')) for 4), ''::bytea order by e.seq) as marks`

/** Where the chain of a pool ends; undefined when nothing is sealed. */
export async function readLastSeal(
  run: Run,
  companyNo: CompanyNo,
): Promise<(Pick<Seal, 'toSeq' | 'hash'> & { toAt: Date }) | undefined> {
  const [last] = await run<Pick<Seal, 'toSeq' | 'hash'> & { toAt: Date }>(
    'ledger-last-seal',
    `select to_seq as "toSeq", to_at as "toAt", hash from ledger_seal where company_id = $1 order by to_seq desc limit 1`,
    [companyNo],
  )
  return last
}

/** The next entries without a seal, cut into stretches: `most` entries in all, `size` to a stretch. */
export async function readUnsealed(
  run: Run,
  companyNo: CompanyNo,
  after: { seq: bigint; at: Date },
  { most, size }: { most: number; size: number },
): Promise<Stretch[]> {
  return run<Stretch>(
    'ledger-unsealed',
    `select min(e.seq) as "fromSeq", max(e.seq) as "toSeq", min(e.at) as "fromAt", max(e.at) as "toAt", ${hashes}
     from (select l.seq, l.at, ledger_line(l) as line from ledger_entry l
       where l.company_id = $1 and l.at >= $2 and l.seq > $3 order by l.at, l.seq limit $4) e
     group by (e.seq - $3 - 1) / $5 order by 1`,
    [companyNo, after.at, after.seq, most, size],
  )
}

/** Adds seals. Whoever sealed the same entries first wins. */
export async function insertSeals(
  run: Run,
  companyNo: CompanyNo,
  seals: (Stretch & Seal)[],
  at: Date,
): Promise<void> {
  await run(
    'ledger-insert-seals',
    `insert into ledger_seal (company_id, from_seq, to_seq, from_at, to_at, previous, hash, marks, sealed_at)
     select $1, x.*, $9 from unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::bytea[],
       $7::bytea[], $8::bytea[]) x
     on conflict do nothing`,
    [
      companyNo,
      arrayOf(seals.map((one) => one.fromSeq)),
      arrayOf(seals.map((one) => one.toSeq)),
      textArray(seals.map((one) => one.fromAt.toISOString())),
      textArray(seals.map((one) => one.toAt.toISOString())),
      textArray(seals.map((one) => hex(one.previous))),
      textArray(seals.map((one) => hex(one.hash))),
      textArray(seals.map((one) => hex(one.marks))),
      at,
    ],
  )
}

/** A page of a pool's seals in their order, each with what its entries hash to now. */
export async function readSealPage(
  run: Run,
  companyNo: CompanyNo,
  after: bigint,
  limit: number,
): Promise<(Seal & { found: Pick<Stretch, 'content' | 'marks'> })[]> {
  const rows = await run<Seal & { content: Buffer | null; found: Buffer | null }>(
    'ledger-seal-page',
    `select s.from_seq as "fromSeq", s.to_seq as "toSeq", s.previous, s.hash, s.marks, f.content, f.marks as found
     from (select * from ledger_seal where company_id = $1 and to_seq > $2 order by to_seq limit $3) s
     cross join lateral (
       select ${hashes} from (
         select l.seq, ledger_line(l) as line from ledger_entry l
         where l.company_id = $1 and l.at between s.from_at and s.to_at and l.seq between s.from_seq and s.to_seq
         order by l.at, l.seq offset 0) e) f
     order by s.to_seq`,
    [companyNo, after, limit],
  )
  const nothing = Buffer.alloc(0)
  return rows.map(({ content, found, ...one }) => ({
    ...one,
    found: { content: content ?? nothing, marks: found ?? nothing },
  }))
}

/** Pools with entries that are not sealed yet. */
export async function readUnsealedPools(run: Run, most: number): Promise<CompanyNo[]> {
  const rows = await run<{ companyNo: CompanyNo }>(
    'ledger-unsealed-pools',
    'select company_id as "companyNo" from unsealed_pools($1)',
    [most],
  )
  return rows.map((row) => row.companyNo)
}
