/** A bug that somebody could well make, as a change of one text. Each must be caught by its suite. */
export interface Mutant {
  name: string
  /** Below `src/`. */
  file: string
  from: string
  to: string
}

/** Bugs of the pure core: the random histories must find each of them. */
export const pureMutants: Mutant[] = [
  {
    name: 'what expires last is drawn first',
    file: 'ledger/pool.ts',
    from: 'return expiryA < expiryB ? -1 : 1',
    to: 'return expiryA < expiryB ? 1 : -1',
  },
  {
    name: 'a tie in expiry is not broken by the kind',
    file: 'ledger/pool.ts',
    from: 'if (a.source !== b.source) return',
    to: 'if (false) return',
  },
  {
    name: 'a tie is broken by the newer grant',
    file: 'ledger/pool.ts',
    from: 'return a.no - b.no',
    to: 'return b.no - a.no',
  },
  {
    name: 'a threshold must be passed, not reached',
    file: 'kit/credits.ts',
    from: 'used * 100n >= BigInt(percent) * total',
    to: 'used * 100n > BigInt(percent) * total',
  },
  {
    name: 'a refund goes to the first grant drawn',
    file: 'ledger/movements.ts',
    from: `for (const draw of past.draws.toReversed()) {
    const grant = grantOf(book, draw.grantNo)`,
    to: `for (const draw of past.draws.toReversed()) {
    const grant = grantOf(book, past.draws[0]!.grantNo)`,
  },
  {
    name: 'what comes back to an expired grant stays available',
    file: 'ledger/book.ts',
    from: 'if (isOver(grant, at)) enter(',
    to: 'if (false) enter(',
  },
  {
    name: 'what comes back does not wait for its expiry',
    file: 'ledger/book.ts',
    from: 'else dueBy(book.pool, grant.expiresAt)',
    to: '',
  },
  {
    name: 'what was voided while held comes back',
    file: 'ledger/book.ts',
    from: 'if (voided > 0n) {',
    to: 'if (false) {',
  },
  {
    name: 'a refund revives a grant that was voided whole',
    file: 'ledger/movements.ts',
    from: 'const whole = amount === open',
    to: 'const whole = false',
  },
  {
    name: 'the catch-up takes the last thing first',
    file: 'ledger/due.ts',
    from: 'if (at !== null && (earliest === null || at < earliest)) earliest = at',
    to: 'if (at !== null && (earliest === null || at > earliest)) earliest = at',
  },
  {
    name: 'the catch-up writes with the present moment',
    file: 'ledger/due.ts',
    from: 'const at = Math.max(due, pool.lastAt ?? due)',
    to: 'const at = Math.max(due + 1, pool.lastAt ?? due)',
  },
  {
    name: 'a new contract year goes on with the old use',
    file: 'ledger/due.ts',
    from: 'pool.used = ZERO\n',
    to: '\n',
  },
  {
    name: 'an expiry is not judged',
    file: 'ledger/due.ts',
    from: "if (book.entries.length > sizeBefore || cause === 'reset') judge",
    to: "if (cause !== 'expiry') judge",
  },
  {
    name: 'a grant does not arm thresholds again',
    file: 'ledger/book.ts',
    from: "if (cause === 'grant' || cause === 'reset') rearm(pool)",
    to: '',
  },
  {
    name: 'a refund arms thresholds again',
    file: 'ledger/book.ts',
    from: "if (cause === 'grant' || cause === 'reset') rearm(pool)",
    to: 'rearm(pool)',
  },
  {
    name: 'a refund of last year lowers the use of this one',
    file: 'ledger/movements.ts',
    from: 'book.pool.periodStart === null || past.at >= book.pool.periodStart',
    to: 'book.pool.used >= credits',
  },
  {
    name: 'a charge can be refunded twice',
    file: 'ledger/movements.ts',
    from: 'if (past.refunded) throw',
    to: 'if (false) throw',
  },
  {
    name: 'a hold takes what it is captured for twice',
    file: 'ledger/movements.ts',
    from: 'else held.draws[0] = { grantNo: draw.grantNo, credits: micros(draw.credits - part) }',
    to: 'else held.draws.shift()',
  },
  {
    name: 'a hold is drawn backwards',
    file: 'ledger/movements.ts',
    from: 'const [draw] = held.draws\n',
    to: 'const [draw] = held.draws.reverse()\n',
  },
]

/** Bugs that only a database, or several servers on it, can show. */
export const serviceMutants: (Mutant & { shownBy: 'one after another' | 'side by side' })[] = [
  {
    name: 'the pool is not locked',
    file: 'ledger/store/pools.ts',
    from: 'order by company_id for no key update',
    to: 'order by company_id',
    shownBy: 'side by side',
  },
  {
    name: 'memory is believed whatever the database says',
    file: 'ledger/store/pools.ts',
    from: 'case when p.stamp = coalesce(x.remembered, p.stamp) then x.stamp end',
    to: 'x.stamp',
    shownBy: 'one after another',
  },
  {
    name: 'a refusal from memory is believed',
    file: 'ledger/service/group.ts',
    from: 'if (undecided.length || unopened',
    to: 'if (unopened',
    shownBy: 'one after another',
  },
  {
    name: 'a known key is ignored',
    file: 'ledger/service/decide.ts',
    from: 'if (key && first) {',
    to: 'if (false) {',
    shownBy: 'one after another',
  },
  {
    name: 'a key stands for any request',
    file: 'ledger/service/decide.ts',
    from: 'if (first.fingerprint !== key.fingerprint) {',
    to: 'if (false) {',
    shownBy: 'one after another',
  },
  {
    name: 'the next due moment is not written',
    file: 'ledger/store/pools.ts',
    from: 'next_due_at = x.next_due_at',
    to: 'next_due_at = null',
    shownBy: 'one after another',
  },
  {
    name: 'what is owed to a void is not written',
    file: 'ledger/store/grants.ts',
    from: 'void_owed = x.void_owed',
    to: 'void_owed = 0',
    shownBy: 'one after another',
  },
  {
    name: 'seats that were taken away are paid again',
    file: 'contracts/contract.ts',
    from: 'const old = before.find((one) => one.type === seat.type)\n    const added',
    to: 'const old = undefined\n    const added',
    shownBy: 'one after another',
  },
  {
    name: 'anniversaries are counted from the one before',
    file: 'contracts/contract.ts',
    from: 'return { start: addMonths(startDay, 12 * n),',
    to: 'let start = startDay\n    for (let i = 0; i < n; i++) start = addMonths(start, 12)\n    return { start,',
    shownBy: 'one after another',
  },
  {
    name: 'use from before the contract counts in it',
    file: 'ledger/service/ledger.ts',
    from: "book.pool.used = used as Pool['used']\n",
    to: '\n',
    shownBy: 'one after another',
  },
]
