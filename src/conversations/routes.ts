import type { App } from '../platform/app.ts'
import type { Conversations } from './deps.ts'
import { callRoutes } from './routes/calls.ts'
import { emailRoutes } from './routes/emails.ts'
import { entityRoutes } from './routes/entities.ts'
import { importRoutes } from './routes/imports.ts'
import { privacyRoutes } from './routes/privacy.ts'
import type { Importer } from './service/imports.ts'

/** All doors to calls, emails, accounts, deals, contacts, leads, imports and erasure. */
export function conversationRoutes(
  app: App,
  house: Omit<Conversations, 'db'> & { importer: Importer },
): void {
  callRoutes(app, house)
  emailRoutes(app, house)
  entityRoutes(app, house)
  importRoutes(app, house)
  privacyRoutes(app, house)
}
