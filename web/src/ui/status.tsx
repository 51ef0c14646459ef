import {
  Ban,
  Check,
  Circle,
  CircleDashed,
  CircleDot,
  Clock,
  type LucideIcon,
  OctagonPause,
  RotateCcw,
  X,
} from 'lucide-react'
import type { ReactNode } from 'react'

type Tone = 'ok' | 'warn' | 'danger' | 'info' | 'plain' | 'outline'

export function Pill({
  icon: Icon,
  tone = 'plain',
  children,
}: {
  icon?: LucideIcon
  tone?: Tone
  children: ReactNode
}) {
  return (
    <span className="pill" data-tone={tone}>
      {Icon && <Icon size={12} aria-hidden />}
      {children}
    </span>
  )
}

const trackerStates: Record<string, [LucideIcon, Tone, string]> = {
  draft: [CircleDashed, 'outline', 'Draft'],
  published: [CircleDot, 'ok', 'Live'],
  out_of_credits: [Ban, 'danger', 'Stopped – out of credits'],
  over_budget: [OctagonPause, 'warn', 'Stopped – budget reached'],
  unpublished: [Circle, 'plain', 'Unpublished'],
}

/** A tracker's state: icon, word, colour, in that order of weight backwards. */
export function TrackerStatus({ status, waiting }: { status: string; waiting?: string | null }) {
  const [icon, tone, word] = trackerStates[status] ?? [Circle, 'plain' as const, status]
  return (
    <>
      <Pill icon={icon} tone={tone}>
        {word}
      </Pill>
      {waiting && (
        <Pill icon={Clock} tone="info">
          Waits for held credits
        </Pill>
      )}
    </>
  )
}

const jobStates: Record<string, [LucideIcon, Tone, string]> = {
  running: [Clock, 'info', 'Running'],
  done: [Check, 'ok', 'Done'],
  stopped: [Ban, 'danger', 'Stopped'],
  cancelled: [X, 'plain', 'Cancelled'],
  failed: [Ban, 'danger', 'Failed'],
  skipped: [OctagonPause, 'warn', 'Skipped'],
  queued: [Clock, 'info', 'Queued'],
  sent: [Check, 'ok', 'Sent'],
  delivered: [Check, 'ok', 'Delivered'],
  held: [Clock, 'info', 'Held'],
  captured: [Check, 'ok', 'Charged'],
  released: [RotateCcw, 'plain', 'Released'],
  expired: [X, 'plain', 'Expired'],
}

export function JobStatus({ status }: { status: string }) {
  const [icon, tone, word] = jobStates[status] ?? [Circle, 'plain' as const, status]
  return (
    <Pill icon={icon} tone={tone}>
      {word}
    </Pill>
  )
}

export function FreePill({ why }: { why: string }) {
  return (
    <Pill icon={Check} tone="outline">
      Free – {why}
    </Pill>
  )
}
