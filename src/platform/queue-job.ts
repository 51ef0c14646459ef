import type { CompanyNo } from '../kit/caller.ts'

/** One piece of work that was left for later. */
export interface Job {
  companyNo: CompanyNo
  payload: Record<string, unknown>
  /** Aborted when the process is told to end: stop soon, the job is tried again elsewhere. */
  signal: AbortSignal
  /** 1 the first time. */
  attempt: number
  /** Whether a failure now is final. */
  isLastAttempt: boolean
}

/**
 * Does a job. It may be run twice, by two processes even, when one is cut off, so it finds out first what
 * is done already. Throwing has it tried again later.
 */
export type Task = (job: Job) => Promise<void>

/** What `enqueue` put into a job. */
export function readPayload(stored: unknown): Pick<Job, 'companyNo' | 'payload'> {
  const { companyNo, dueAt: _, ...payload } = stored as { companyNo: CompanyNo; dueAt?: string }
  return { companyNo, payload }
}
