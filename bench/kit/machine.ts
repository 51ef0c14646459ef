import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

/** One line about the machine: figures mean nothing without it. */
export function machineLine(): string {
  const memory = Math.round(totalmem() / 1024 ** 3)
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? 'unknown processor'
  return `machine: ${availableParallelism()} cores (${model}), ${memory} GB, ${process.platform}, node ${process.version}`
}

/** CPU seconds used so far: by this process and its children, by PostgreSQL, and by the whole machine. */
export interface CpuTimes {
  at: number
  ours: number
  postgres: number
  machine: number
}

/** CPU cores in use over a stretch of time. */
export interface CpuUse {
  ours: number
  postgres: number
  /** Whoever else was on the machine meanwhile. */
  foreign: number
}

const TICKS_PER_SECOND = 100

/** Reads /proc; elsewhere everything but our own use is 0. */
export function cpuTimes(postmaster: number | undefined): CpuTimes {
  const at = performance.now() / 1000
  if (process.platform !== 'linux') {
    const { user, system } = process.cpuUsage()
    return { at, ours: (user + system) / 1e6, postgres: 0, machine: 0 }
  }
  const all = readProcesses()
  return {
    at,
    ours: treeOf(all, process.pid),
    postgres: postmaster === undefined ? 0 : treeOf(all, postmaster),
    machine: machineSeconds(),
  }
}

export function cpuUse(before: CpuTimes, after: CpuTimes): CpuUse {
  const seconds = after.at - before.at
  const ours = (after.ours - before.ours) / seconds
  const postgres = (after.postgres - before.postgres) / seconds
  const machine = (after.machine - before.machine) / seconds
  return { ours, postgres, foreign: Math.max(0, machine - ours - postgres) }
}

interface Process {
  parent: number
  seconds: number
}

function readProcesses(): Map<number, Process> {
  const all = new Map<number, Process>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const [parent, own, waited] = [Number(fields[1]), [11, 12], [13, 14]]
      const ticks = [...own, ...waited].reduce((sum, i) => sum + Number(fields[i]), 0)
      all.set(Number(name), { parent, seconds: ticks / TICKS_PER_SECOND })
    } catch {
      // It ended while we looked.
    }
  }
  return all
}

/** A process with all its descendants; PostgreSQL, which is one too, is counted by itself. */
function treeOf(all: Map<number, Process>, root: number): number {
  let seconds = all.get(root)?.seconds ?? 0
  for (const [pid, { parent }] of all) {
    if (parent === root && !isPostmaster(pid)) seconds += treeOf(all, pid)
  }
  return seconds
}

function isPostmaster(pid: number): boolean {
  try {
    return /\bpostgres\0-D\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return false
  }
}

function machineSeconds(): number {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/ +/)
  const [user, nice, system, , , irq, softirq, steal] = fields.map(Number)
  return (user! + nice! + system! + irq! + softirq! + steal!) / TICKS_PER_SECOND
}
