import type { Outcome } from './client.ts'

/** Tells how an import goes: progress on standard error, what was not taken on standard output. */
export interface Report {
  /** What of the files is behind, in bytes. */
  sent(bytes: number): void
  running(accepted: number, rejected: number): void
  taken(outcome: Outcome): void
  rejected(path: string, line: number | undefined, reason: string): void
  skipped(path: string, reason: string): void
  /** The totals; gives whether anything was not taken. */
  end(isDryRun: boolean): boolean
}

const LINE_EVERY_MS = 5_000
const REDRAW_EVERY_MS = 200

export function openReport(totalBytes: number): Report {
  const begun = performance.now()
  const isTerminal = process.stderr.isTTY
  const charges = new Map<string, Outcome['charges'][number]>()
  let [accepted, rejected, skipped, bytes] = [0, 0, 0, 0]
  let now = { accepted: 0, rejected: 0 }
  let drawnAt = begun

  function draw(): void {
    const at = performance.now()
    if (at - drawnAt < (isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return
    drawnAt = at
    const text = `${status()} · ${percent()} %`
    process.stderr.write(isTerminal ? `\r\x1b[K${text}` : `${text}\n`)
  }

  function status(): string {
    const seconds = Math.max(0.001, (performance.now() - begun) / 1000)
    const all = accepted + now.accepted
    const rate = Math.round((all + rejected + now.rejected) / seconds)
    return `${counted(all)} taken · ${counted(rejected + now.rejected)} rejected · ${counted(rate)}/s`
  }

  function percent(): number {
    return totalBytes === 0 ? 100 : Math.min(100, Math.floor((bytes / totalBytes) * 100))
  }

  /** A line of its own, whatever stands where the progress is. */
  function say(text: string): void {
    if (isTerminal) process.stderr.write('\r\x1b[K')
    process.stdout.write(`${text}\n`)
  }

  return {
    sent(more) {
      bytes += more
      draw()
    },
    running(accepted, rejected) {
      now = { accepted, rejected }
      draw()
    },
    taken(outcome) {
      now = { accepted: 0, rejected: 0 }
      accepted += outcome.accepted
      rejected += outcome.rejectedCount
      for (const one of outcome.charges) {
        const before = charges.get(one.trackerId)
        charges.set(one.trackerId, {
          ...one,
          items: one.items + (before?.items ?? 0),
          // Credits have at most six decimals; sums of such numbers are rounded back to them.
          credits: Math.round((one.credits + (before?.credits ?? 0)) * 1e6) / 1e6,
        })
      }
      const untold = outcome.rejectedCount - outcome.rejected.length
      if (untold > 0) say(`… and ${counted(untold)} more that the server does not list`)
      draw()
    },
    rejected(path, line, reason) {
      if (line === undefined) rejected += 1
      say(`${shown(path)}${line === undefined ? '' : `:${line}`}: ${shown(reason)}`)
    },
    skipped(path, reason) {
      skipped += 1
      if (skipped <= 20) say(`${shown(path)}: left out: ${reason}`)
    },
    end(isDryRun) {
      if (isTerminal) process.stderr.write('\r\x1b[K')
      const seconds = ((performance.now() - begun) / 1000).toFixed(1)
      const left = skipped > 0 ? ` · ${counted(skipped)} files left out` : ''
      process.stdout.write(`${status()}${left} · ${seconds} s${isDryRun ? ' · dry run' : ''}\n`)
      for (const { name, items, credits } of charges.values()) {
        process.stdout.write(
          `would charge ${credits} credits: ${shown(name)}, ${counted(items)} items\n`,
        )
      }
      return rejected > 0
    },
  }
}

function counted(number: number): string {
  return number.toLocaleString('en-US')
}

/** A name as it can be printed: what moves the cursor or turns the text round is written out. */
function shown(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (sign) => `\\u${sign.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
