import type { AuditEntry } from './audit.ts'
import type { Company } from './company.ts'
import type { Integration } from './integration.ts'
import type { Member, Team } from './people.ts'
import type { OwnSession } from './session.ts'

// Nouns as their doors show them.

export function companyOut(
  company: Company & {
    alertRecipients: string[]
  },
) {
  const { id, name, timezone, onTestClock, alertRecipients, settings, createdAt } = company
  const { emailDomains, gongIds, limits } = settings
  const own = { id, name, timezone, onTestClock, alertRecipients, emailDomains, gongIds, limits }
  return { ...own, createdAt: createdAt.toISOString() }
}

export function memberOut({ createdAt, ...member }: Member) {
  return { ...member, createdAt: createdAt.toISOString() }
}

export function teamOut({ createdAt, ...team }: Team) {
  return { ...team, createdAt: createdAt.toISOString() }
}

export function integrationOut(integration: Integration) {
  const { expiresAt, lastUsedAt, createdAt } = integration
  return {
    ...integration,
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }
}

export function ownSessionOut(session: OwnSession, currentId: string | undefined) {
  const { id, address, userAgent, createdAt, lastUsedAt, expiresAt } = session
  return {
    ...{ id, isCurrent: id === currentId, address, userAgent },
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  }
}

export function auditEntryOut({
  id,
  at,
  actor,
  action,
  objectType,
  objectId,
  before,
  after,
}: AuditEntry) {
  const what = { actor, action, objectType, objectId, before, after }
  return { id: String(id), at: at.toISOString(), ...what }
}
