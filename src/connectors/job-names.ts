export const SYNC_DUE = 'connector.due'
export const SYNC_CONNECTOR = 'connector.sync'
