import type { Changed } from './changes.ts'
import type { DataImport } from './imports.ts'
import type { Content, Item, Party } from './items.ts'

// Items as answers show them.

export function itemPutOut({ item, created }: Changed) {
  return {
    id: item.id,
    created,
    arrivedAt: item.arrivedAt?.toISOString() ?? null,
    ...(item.type === 'call' ? { durationSeconds: item.durationSeconds } : {}),
    accountId: item.accountId,
    dealId: item.dealId,
  }
}

export function callListedOut(item: Item) {
  return {
    ...common(item),
    title: item.title,
    startedAt: item.occurredAt.toISOString(),
    durationSeconds: item.durationSeconds,
    direction: item.direction,
    scope: item.scope,
    private: item.private,
    hasTranscript: item.hasContent,
    parties: item.parties.map(({ id, name, email, affiliation }) => ({
      id,
      name,
      email,
      affiliation,
    })),
  }
}

export function callOut({ item, content }: { item: Item; content: Content | undefined }) {
  const transcript = content && 'transcript' in content ? content.transcript : null
  return { ...callListedOut(item), transcript }
}

export function emailListedOut(item: Item) {
  const [from] = item.parties.filter(({ role }) => role === 'from')
  const people = (role: Party['role']) =>
    item.parties.filter((party) => party.role === role).map(mailbox)
  return {
    ...common(item),
    messageId: item.messageId,
    threadId: item.threadId,
    sentAt: item.occurredAt.toISOString(),
    from: { ...mailbox(from), affiliation: from?.affiliation ?? ('customer' as const) },
    to: people('to'),
    cc: people('cc'),
    subject: item.title,
    direction: item.direction,
    scope: item.scope,
    folders: item.folders,
    labels: item.labels,
  }
}

export function emailOut({ item, content }: { item: Item; content: Content | undefined }) {
  return { ...emailListedOut(item), body: content && 'body' in content ? content.body : '' }
}

export function importOut(one: DataImport) {
  const { id, status, format, rejected, history, dryRun, charges, error } = one
  return {
    ...{ id, status, format, rejected, history, dryRun, charges, error },
    accepted: Number(one.accepted),
    rejectedCount: Number(one.rejectedCount),
    line: Number(one.line),
    bytes: Number(one.bytes),
    createdAt: one.createdAt.toISOString(),
    endedAt: one.endedAt?.toISOString() ?? null,
  }
}

function common(item: Item) {
  const { id, history, accountId, dealId } = item
  return {
    ...{ id, history, accountId, dealId },
    createdAt: item.createdAt.toISOString(),
    updatedAt: item.updatedAt.toISOString(),
    arrivedAt: item.arrivedAt?.toISOString() ?? null,
  }
}

function mailbox(party: Party | undefined) {
  return { name: party?.name ?? null, email: party?.email ?? '' }
}
