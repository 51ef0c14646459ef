/** The settings that a company may change by itself, beside its name and time zone. */
export interface CompanySettings {
  /** Who is told of the pool; null tells every tech and business admin. */
  alertRecipients: string[] | null
  /** The mail domains of the company itself: whoever writes from there is not a customer. */
  emailDomains: string[]
  /** How the `/v2` doors show ids: as decimal numbers that stand for ours, or ours as they are. */
  gongIds: GongIds
  limits: Limits
}

export const gongIds = ['decimal', 'own'] as const
export type GongIds = (typeof gongIds)[number]

export interface Limits {
  /** Questions and briefs that a signed-in member may make by hand in an hour. */
  manualPerMemberHour: number
  /** Requests of the company on the `/v2` doors. */
  gongPerSecond: number
  gongPerDay: number
}

export const defaultLimits: Limits = {
  manualPerMemberHour: 60,
  gongPerSecond: 3,
  gongPerDay: 10_000,
}

export interface Company {
  no: number
  id: string
  name: string
  timezone: string
  /** Whether its time stands still until it is moved. */
  onTestClock: boolean
  settings: CompanySettings
  createdAt: Date
}

/** Completes what is stored of the settings with the defaults. */
export function settingsOf(stored: Partial<CompanySettings>): CompanySettings {
  return {
    alertRecipients: stored.alertRecipients ?? null,
    emailDomains: stored.emailDomains ?? [],
    gongIds: stored.gongIds ?? 'decimal',
    limits: { ...defaultLimits, ...stored.limits },
  }
}
