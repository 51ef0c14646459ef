import type { Connector, SyncRun } from './connector.ts'

export function connectorOut(connector: Connector) {
  const { id, name, baseUrl, credentialKind: kind, newFrom, everyMinutes, enabled } = connector
  return {
    ...{ id, name, baseUrl, credential: { kind }, everyMinutes, enabled },
    importAs: newFrom ? ('new' as const) : ('history' as const),
    newFrom: newFrom?.toISOString() ?? null,
    since: connector.since.toISOString(),
    syncedTo: connector.syncedTo?.toISOString() ?? null,
    nextAt: connector.nextAt?.toISOString() ?? null,
    createdAt: connector.createdAt.toISOString(),
  }
}

export function runOut({ connectorId: _, failures: __, startedAt, endedAt, ...run }: SyncRun) {
  return {
    ...run,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  }
}
