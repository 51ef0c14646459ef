import assert from 'node:assert/strict'
import { listCompanies } from '../companies/service/companies.ts'
import type { House } from '../house.ts'
import type { Clock } from '../platform/clock.ts'
import { exclusively } from '../platform/exclusive.ts'
import { randomText } from '../platform/ids.ts'
import { admin as adminPerson, company } from './cast.ts'
import { type Client, clientOf, signIn } from './client.ts'
import { finale } from './finale.ts'
import { importLine, itemsByDay } from './items.ts'
import { isDry, monday, topUp, workingDay } from './routine.ts'
import { type Players, scenes, setUp } from './scenes.ts'

export interface DemoOptions {
  /** Opens a house on the clock that the year is played by. */
  openHouse: (clock: Clock) => Promise<House>
  operatorKey: string
  /** Where the last day of the played year ends. */
  now: Date
  /** How long ago it begins, at least; ten months unless given. */
  days?: number
  /** Told once the company is there, before its year is. */
  keep: (way: WayIn) => Promise<void>
  /** Whether to break off: the server is told to end. */
  isStopped?: () => boolean
}

/** How to get in. */
export interface WayIn {
  key: string
  email: string
  password: string
}

const DAY_MS = 86_400_000
const DAYS = 304
const WAIT_MS = 600_000
/** For how many days the company waits before it buys more. */
const DRY_DAYS = 3
const WORKERS = 4

/**
 * Makes the demo's company on an empty server and plays ten months of its life, through the doors that
 * everybody uses. The house it is played in has a clock of its own that is moved from day to day, runs
 * fast in between and never goes back; what is written carries that time. At the end it shows the real
 * time, that house is closed, and the company goes on like any other. Gives false, having done nothing, when
 * there are companies already.
 */
export async function makeDemo(options: DemoOptions): Promise<boolean> {
  const { openHouse, operatorKey, now, keep, days = DAYS } = options
  const start = startOf(now, days)
  const clock = openClock(hourOf(start, 7))
  const house = await openHouse(clock)
  try {
    let made = false
    await exclusively(house.db.pool, 'demo', WAIT_MS, async () => {
      if ((await listCompanies(house, { limit: 1 })).data.length > 0) return
      made = true
      const password = randomText(10)
      const operator = clientOf(house, operatorKey)
      const founded = await operator.send('POST', '/v1/companies', {
        ...company,
        admin: { ...adminPerson, password },
      })
      const { key } = founded.body.apiKey
      await keep({ key, email: adminPerson.email, password })
      await playYear(options, start, house, clock, clientOf(house, key), password)
    })
    return made
  } finally {
    await house.close()
  }
}

async function playYear(
  { now, isStopped = () => false }: DemoOptions,
  start: Date,
  house: House,
  clock: MovingClock,
  admin: Client,
  password: string,
): Promise<void> {
  const { no } = (await listCompanies(house, { limit: 1 })).data[0]!
  const keys = await setUp(admin, start.toISOString().slice(0, 10), password)
  const players: Players = {
    admin,
    docs: clientOf(house, keys.docs),
    research: clientOf(house, keys.research),
    crm: clientOf(house, keys.crm),
  }
  await house.queue.drain(no, clock.now())
  const days = workingDays(start, now)
  const items = itemsByDay(Math.ceil(days.length / 2))
  const toCome = [...scenes]
  let dry = 0
  let count = 0
  for (const [day, date] of days.entries()) {
    if (isStopped()) return
    clock.moveTo(hourOf(date, 9))
    let isBusy = false
    while (toCome[0] && toCome[0].at <= day / days.length) {
      isBusy = true
      await toCome.shift()!.play(players, clock.now())
    }
    dry = (await isDry(admin)) ? dry + 1 : 0
    if (dry > DRY_DAYS) {
      isBusy = true
      await topUp(admin, day)
    }
    if (date.getUTCDay() === 1) await monday(admin, day)
    clock.moveTo(hourOf(date, 13))
    // Data comes every other day: most of what this takes is waiting for commits to reach the disk.
    const arrived = (day % 2 === 0 ? items[day / 2]! : []).map((item) => {
      count += 1
      return importLine(item, count, new Date(clock.now().getTime() - (count % 200) * 60_000))
    })
    if (arrived.length > 0) await bring(admin, arrived)
    // Several side by side, as a server's workers are: each tracker by one of them.
    const workers = isBusy || arrived.length > 0 ? WORKERS : 0
    const drains = Array.from({ length: workers }, () => house.queue.drain(no, clock.now()))
    await Promise.all([workingDay(players, day), ...drains])
  }
  clock.letGo()
  await finale(players, await signIn(house, adminPerson.email, password), clock.now())
  await house.queue.drain(no, clock.now())
}

async function bring(admin: Client, lines: string[]): Promise<void> {
  const type = 'application/x-ndjson'
  const { body } = await admin.send('POST', '/v1/import', lines.join('\n'), { type })
  assert.equal(body.rejectedCount, 0, JSON.stringify(body.rejected[0]))
}

/** The first day of the month in which the played year begins. */
function startOf(now: Date, days: number): Date {
  const then = new Date(now.getTime() - days * DAY_MS)
  return new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth(), 1))
}

/** Mondays to Fridays that are over. */
function workingDays(start: Date, now: Date): Date[] {
  const days: Date[] = []
  for (let at = start.getTime(); at + DAY_MS <= now.getTime(); at += DAY_MS) {
    const date = new Date(at)
    if (date.getUTCDay() % 6 !== 0) days.push(date)
  }
  return days
}

function hourOf(date: Date, hour: number): Date {
  return new Date(date.getTime() + hour * 3_600_000)
}

interface MovingClock extends Clock {
  moveTo(at: Date): void
  /** From now on it shows the real time. */
  letGo(): void
}

/**
 * How fast the played time runs, so that no two things happen at once. Faster, and a slow machine would
 * outlive the holds of its own requests.
 */
const SPEED = 20

/** A clock that is moved from day to day, runs fast in between, and never goes back. */
function openClock(start: Date): MovingClock {
  let at = start.getTime()
  let since: number | undefined = performance.now()
  const read = () =>
    since === undefined
      ? Date.now()
      : Math.min(Date.now(), Math.floor(at + (performance.now() - since) * SPEED))
  return {
    now: () => new Date(read()),
    moveTo(to) {
      at = Math.max(to.getTime(), read())
      since = performance.now()
    },
    letGo() {
      since = undefined
    },
  }
}
