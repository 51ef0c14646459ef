// The specification of the pool once more, as plainly as it can be said: arrays and loops, whole micro-credits as
// ordinary numbers, everything that can be summed is summed anew. It imports nothing of the product, so that the two
// can only agree by both being right.

export interface ModelGrant {
  no: number
  source: 'default' | 'adjustment' | 'purchased'
  amount: number
  available: number
  held: number
  consumed: number
  expired: number
  voided: number
  /** Voided, but held or (with the whole grant) consumed: taken as soon as it comes back. */
  owed: number
  from: number
  to: number | null
  entered: boolean
}

export interface ModelDraw {
  no: number
  credits: number
}

export interface ModelHold {
  id: number
  draws: ModelDraw[]
  captured: number
  status: 'held' | 'captured' | 'released' | 'expired'
  expiresAt: number
}

export interface ModelCharge {
  seq: number
  at: number
  draws: ModelDraw[]
  refunded: boolean
}

export interface ModelEntry {
  seq: number
  type: 'grant' | 'hold' | 'release' | 'consume' | 'refund' | 'expire' | 'void'
  no: number
  credits: number
  at: number
}

/** What the model says instead of doing it. */
export class Refusal extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

const PERCENTS = [60, 80, 90, 95, 100]
const KINDS = ['default', 'adjustment', 'purchased']

export class Model {
  now: number
  lastAt: number | null = null
  seq = 0
  grants: ModelGrant[] = []
  holds: ModelHold[] = []
  charges: ModelCharge[] = []
  entries: ModelEntry[] = []
  years: { start: number; end: number; allotment: number }[] = []
  countedFrom: number | null = null
  everGranted = false
  reached: (number | null)[] = [null, null, null, null, null]
  crossings: { percent: number; at: number; seq: number }[] = []

  constructor(now: number) {
    this.now = now
  }

  // --- what is there ---------------------------------------------------------------------------------

  available(): number {
    let sum = 0
    for (const grant of this.grants) if (grant.entered) sum += grant.available
    return sum
  }

  held(): number {
    let sum = 0
    for (const grant of this.grants) sum += grant.held
    return sum
  }

  /** Charges since the contract year began, less those that were refunded. */
  used(): number {
    let sum = 0
    for (const charge of this.charges) {
      if (charge.refunded) continue
      if (this.countedFrom !== null && charge.at < this.countedFrom) continue
      for (const draw of charge.draws) sum += draw.credits
    }
    return sum
  }

  // --- the verbs --------------------------------------------------------------------------------------

  charge(credits: number): { charge: ModelCharge; reached: number[] } {
    const draws = this.plan(credits)
    const at = this.moment()
    const seq = this.seq + 1
    for (const draw of draws) {
      const grant = this.grant(draw.no)
      grant.available -= draw.credits
      grant.consumed += draw.credits
      this.enter('consume', draw.no, draw.credits, at)
    }
    if (draws.length === 0) this.seq++
    const charge = { seq, at, draws, refunded: false }
    this.charges.push(charge)
    return { charge, reached: this.judge(at, false) }
  }

  hold(credits: number, ttl: number): ModelHold {
    const draws = this.plan(credits)
    const at = this.moment()
    const hold: ModelHold = {
      id: this.seq + 1,
      draws,
      captured: 0,
      status: 'held',
      expiresAt: at + ttl,
    }
    for (const draw of draws) {
      const grant = this.grant(draw.no)
      grant.available -= draw.credits
      grant.held += draw.credits
      this.enter('hold', draw.no, draw.credits, at)
    }
    this.holds.push(hold)
    return hold
  }

  capture(id: number, credits: number): { charge: ModelCharge; reached: number[] } {
    const hold = this.openHold(id)
    const at = this.moment()
    let rest = 0
    for (const draw of hold.draws) rest += draw.credits
    if (credits > rest) throw new Refusal('unprocessable')
    const seq = this.seq + 1
    const draws: ModelDraw[] = []
    let open = credits
    for (const draw of hold.draws) {
      const part = Math.min(open, draw.credits)
      if (part === 0) continue
      const grant = this.grant(draw.no)
      grant.held -= part
      grant.consumed += part
      draw.credits -= part
      open -= part
      draws.push({ no: draw.no, credits: part })
      this.enter('consume', draw.no, part, at)
    }
    if (draws.length === 0) this.seq++
    hold.captured = credits
    const charge = { seq, at, draws, refunded: false }
    this.charges.push(charge)
    this.end(hold, 'captured', at)
    return { charge, reached: this.judge(at, false) }
  }

  release(id: number): ModelHold {
    const hold = this.openHold(id)
    const at = this.moment()
    this.end(hold, 'released', at)
    this.judge(at, false)
    return hold
  }

  refund(seq: number): void {
    const charge = this.charges.find((one) => one.seq === seq)
    if (!charge) throw new Refusal('not-found')
    if (charge.refunded || charge.draws.length === 0) throw new Refusal('invalid-state')
    const at = this.moment()
    charge.refunded = true
    for (const draw of [...charge.draws].reverse()) {
      const grant = this.grant(draw.no)
      grant.consumed -= draw.credits
      grant.available += draw.credits
      this.enter('refund', draw.no, draw.credits, at)
      this.comeBack(grant, draw.credits, at)
    }
    this.judge(at, false)
  }

  addGrant(
    source: ModelGrant['source'],
    amount: number,
    from: number,
    to: number | null,
  ): ModelGrant {
    const at = this.moment()
    if (to !== null && to <= Math.max(at, from)) throw new Refusal('unprocessable')
    const grant = this.make(source, amount, from, to)
    if (from <= at) {
      this.begin(grant, at)
      this.judge(at, true)
    }
    return grant
  }

  void(no: number, credits?: number): ModelGrant {
    const grant = this.grants.find((one) => one.no === no)
    if (!grant) throw new Refusal('not-found')
    const left = grant.available + Math.max(0, grant.held - grant.owed)
    const amount = credits ?? left
    if (left === 0 || amount > left) throw new Refusal('unprocessable')
    const at = this.moment()
    const atOnce = Math.min(amount, grant.available)
    grant.available -= atOnce
    grant.voided += atOnce
    if (grant.entered) {
      grant.owed = amount === left ? grant.held + grant.consumed : grant.owed + amount - atOnce
      if (atOnce > 0) this.enter('void', no, atOnce, at)
      this.judge(at, false)
    }
    return grant
  }

  /** Lets time pass: all that falls due on the way happens in the order of its moments, each moment at once. */
  advance(to: number): void {
    for (;;) {
      let due = Infinity
      for (const hold of this.holds) if (hold.status === 'held') due = Math.min(due, hold.expiresAt)
      for (const grant of this.grants) {
        if (!grant.entered) due = Math.min(due, grant.from)
        else if (grant.available > 0 && grant.to !== null) due = Math.min(due, grant.to)
      }
      for (const year of this.years) due = Math.min(due, year.start)
      if (due > to) break
      this.settle(due)
    }
    this.now = to
  }

  // --- inside ------------------------------------------------------------------------------------------

  private settle(due: number): void {
    const at = Math.max(due, this.lastAt ?? due)
    let grants = false
    let changed = false
    for (const hold of this.holds) {
      if (hold.status !== 'held' || hold.expiresAt > due) continue
      this.end(hold, 'expired', at)
      changed = true
    }
    for (const grant of this.grants) {
      if (!grant.entered || grant.available === 0 || grant.to === null || grant.to > due) continue
      this.expire(grant, grant.available, at)
      changed = true
    }
    for (const year of this.years.filter((one) => one.start <= due)) {
      this.years = this.years.filter((one) => one !== year)
      this.countedFrom = year.start
      if (year.allotment > 0)
        this.begin(this.make('default', year.allotment, year.start, year.end), at)
      grants = true
    }
    for (const grant of this.grants) {
      if (grant.entered || grant.from > due) continue
      this.begin(grant, at)
      grants = true
    }
    if (grants || changed) this.judge(at, grants)
  }

  /** The grants that pay: what expires first, then by kind, then the older one. */
  private plan(credits: number): ModelDraw[] {
    const usable = this.grants.filter((grant) => grant.entered && grant.available > 0)
    usable.sort(
      (a, b) =>
        (a.to ?? Infinity) - (b.to ?? Infinity) ||
        KINDS.indexOf(a.source) - KINDS.indexOf(b.source) ||
        a.no - b.no,
    )
    const draws: ModelDraw[] = []
    let open = credits
    for (const grant of usable) {
      const part = Math.min(open, grant.available)
      if (part > 0) draws.push({ no: grant.no, credits: part })
      open -= part
    }
    if (open > 0) throw new Refusal('insufficient-credits')
    return draws
  }

  protected make(
    source: ModelGrant['source'],
    amount: number,
    from: number,
    to: number | null,
  ): ModelGrant {
    const zero = { held: 0, consumed: 0, expired: 0, voided: 0, owed: 0 }
    const grant = {
      no: this.grants.length + 1,
      source,
      amount,
      available: amount,
      ...zero,
      from,
      to,
      entered: false,
    }
    this.grants.push(grant)
    return grant
  }

  protected begin(grant: ModelGrant, at: number): void {
    grant.entered = true
    this.everGranted = true
    this.enter('grant', grant.no, grant.amount, at)
    if (grant.voided > 0) this.enter('void', grant.no, grant.voided, at)
  }

  private openHold(id: number): ModelHold {
    const hold = this.holds.find((one) => one.id === id)
    if (!hold) throw new Refusal('not-found')
    if (hold.status !== 'held' || hold.expiresAt <= this.moment())
      throw new Refusal('invalid-state')
    return hold
  }

  private end(hold: ModelHold, status: ModelHold['status'], at: number): void {
    for (const draw of hold.draws) {
      if (draw.credits === 0) continue
      const grant = this.grant(draw.no)
      grant.held -= draw.credits
      grant.available += draw.credits
      this.enter('release', draw.no, draw.credits, at)
      this.comeBack(grant, draw.credits, at)
    }
    hold.draws = []
    hold.status = status
  }

  /** What came back to a grant that is voided or over does not stay. */
  private comeBack(grant: ModelGrant, credits: number, at: number): void {
    const voided = Math.min(credits, grant.owed)
    if (voided > 0) {
      grant.owed -= voided
      grant.available -= voided
      grant.voided += voided
      this.enter('void', grant.no, voided, at)
    }
    if (credits > voided && grant.to !== null && grant.to <= at)
      this.expire(grant, credits - voided, at)
  }

  private expire(grant: ModelGrant, credits: number, at: number): void {
    grant.available -= credits
    grant.expired += credits
    this.enter('expire', grant.no, credits, at)
  }

  /** Thresholds after one whole change; a grant first arms again what usage is under. */
  protected judge(at: number, granted: boolean): number[] {
    const used = this.used()
    const total = used + this.held() + this.available()
    const newly: number[] = []
    for (const [i, percent] of PERCENTS.entries()) {
      const isReached = used * 100 >= percent * total
      if (granted && !isReached) this.reached[i] = null
      if (!this.everGranted || !isReached || this.reached[i] !== null) continue
      this.reached[i] = at
      this.crossings.push({ percent, at, seq: this.seq })
      newly.push(percent)
    }
    return newly
  }

  private enter(type: ModelEntry['type'], no: number, credits: number, at: number): void {
    this.entries.push({ seq: ++this.seq, type, no, credits, at })
    this.lastAt = at
  }

  private grant(no: number): ModelGrant {
    return this.grants.find((grant) => grant.no === no)!
  }

  protected moment(): number {
    return Math.max(this.now, this.lastAt ?? this.now)
  }
}
