import type { MailSource } from '../platform/imap.ts'

/** What becomes of the mail that is there when following begins. */
export const existings = ['history', 'new', 'skip'] as const
export const tlsKinds = ['implicit', 'starttls', 'none'] as const

/** An IMAP mailbox whose mail comes in by itself. */
export interface Mailbox extends Omit<MailSource, 'address' | 'password'> {
  id: string
  /** Opened only to connect. */
  sealedPassword: Buffer
  existing: (typeof existings)[number]
  everySeconds: number
  enabled: boolean
  /** Goes up with every change by hand. */
  revision: number
  /** Null until the folder was opened for the first time. */
  uidValidity: bigint | null
  lastUid: bigint
  existingBelow: bigint
  existingBefore: Date | null
  imported: bigint
  rejectedCount: bigint
  /** The last of them. */
  rejected: { uid: number; error: string }[]
  failures: number
  failingSince: Date | null
  error: string | null
  checkedAt: Date | null
  nextCheckAt: Date
  createdAt: Date
}

/** How far a mailbox is read, and what of it was there before it was followed. */
export type Progress = Pick<Mailbox, 'uidValidity' | 'lastUid' | 'existingBelow' | 'existingBefore'>

/**
 * Where reading goes on in a folder that was opened. Under another UIDVALIDITY the server counts anew: all
 * is looked at again, and what is known by its message id is passed over.
 */
export function progressIn(
  mailbox: Mailbox,
  folder: { uidValidity: bigint; uidNext: number },
): Progress {
  const { uidValidity, lastUid, existingBelow, existingBefore, existing } = mailbox
  if (uidValidity === folder.uidValidity) {
    return { uidValidity, lastUid, existingBelow, existingBefore }
  }
  const isFirst = uidValidity === null
  const next = BigInt(folder.uidNext)
  return {
    uidValidity: folder.uidValidity,
    lastUid: isFirst && existing === 'skip' ? next - 1n : 0n,
    existingBelow: isFirst ? next : 0n,
    existingBefore: isFirst ? null : (mailbox.checkedAt ?? mailbox.createdAt),
  }
}

/** Whether a message was there before its mailbox was followed, or is one seen under an earlier count. */
export function wasThere(
  { existingBelow, existingBefore }: Progress,
  { uid, receivedAt }: { uid: number; receivedAt: Date | undefined },
): boolean {
  if (BigInt(uid) < existingBelow) return true
  return existingBefore !== null && receivedAt !== undefined && receivedAt < existingBefore
}

const WAIT_MAX_SECONDS = 3_600

/** When a mailbox is looked into again; after failures in a row ever later, an hour at most. */
export function nextCheck(everySeconds: number, failures: number, now: Date): Date {
  const seconds = failures === 0 ? everySeconds : everySeconds * 2 ** Math.min(failures - 1, 10)
  const most = Math.max(everySeconds, WAIT_MAX_SECONDS)
  return new Date(now.getTime() + Math.min(seconds, most) * 1000)
}

/** How a mailbox does, in a word. */
export function statusOf({ enabled, failures, checkedAt }: Mailbox) {
  if (!enabled) return 'off' as const
  if (failures > 0) return 'failing' as const
  return checkedAt ? ('following' as const) : ('waiting' as const)
}
