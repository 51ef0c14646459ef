/** A mail as it is kept: written once, handed over under one Message-ID however often it is tried. */
export interface Mail {
  id: string
  /** The member it is for; null when there is none any more. */
  memberId: string | null
  /** The alert it is about, or the first of them. */
  alertId: string | null
  kind: string
  toName: string
  toAddress: string
  subject: string
  text: string
  html: string
  messageId: string
  /** The calls and emails it quotes from, which empty it when they go. */
  itemNos: bigint[] | null
  status: 'queued' | 'sent' | 'failed'
  attempts: number
  error: string | null
  /** When it was made, by the company's time. */
  at: Date
  sentAt: Date | null
  /** When it is tried next. */
  nextAt: Date | null
  /** When trying began, by the clock on the wall. */
  firstTriedAt: Date | null
}
