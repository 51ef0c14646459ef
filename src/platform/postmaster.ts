import { readdirSync, readlinkSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'

/** A living PostgreSQL server process and what it says of itself in `postmaster.pid`. */
export interface Postmaster {
  pid: number
  port: number
  /** `ready` when it accepts connections; else `starting`, `stopping`, … */
  status: string
}

const hasProc = process.platform === 'linux'

/**
 * What the `postmaster.pid` of a cluster says, and whether that process lives and is the postmaster
 * of this very folder. Undefined when there is no such file or when it is not yet wholly written.
 */
export async function readPostmaster(
  dir: string,
): Promise<(Postmaster & { alive: boolean }) | undefined> {
  const text = await readFile(join(dir, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  const port = Number(lines[3])
  if (!(pid > 0 && port > 0)) return undefined
  return { pid, port, status: lines[7] ?? '', alive: await isPostmaster(pid, dir) }
}

/** Processes that stand in a cluster's folder, as every process of a PostgreSQL server does. */
export async function processesIn(dir: string): Promise<number[]> {
  if (!hasProc) return []
  const folder = await realpath(dir)
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => workingFolder(pid) === folder)
}

/** True while a process lives, be it another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Sends a signal; nothing happens when the process is gone. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/**
 * After a crash of the machine, or in a copy of the folder, the number may belong to any other
 * process. A postmaster stands in its folder, and one that is dead but not yet reaped stands nowhere.
 */
export async function isPostmaster(pid: number, dir: string): Promise<boolean> {
  return hasProc ? workingFolder(pid) === (await realpath(dir)) : isAlive(pid)
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}
