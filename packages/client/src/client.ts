import {
  type AnswerOf,
  type Asked,
  call,
  type KeyOptions,
  type ListRoute,
  list,
  type Route,
  type RowOf,
} from './calls.ts'
import { type Credits, openCredits } from './credits.ts'
import { type CallOptions, type ClientOptions, openTransport } from './transport.ts'

/** Speaks to a Sluice server with one credential. Safe to share: it keeps nothing between calls. */
export interface Client {
  credits: Credits
  /** Any other route of the API, by its name in the document: `send('GET /v1/contract')`. */
  send<R extends Route>(
    route: R,
    ...rest: Record<never, never> extends Asked<R>
      ? [asked?: Asked<R>, options?: KeyOptions]
      : [asked: Asked<R>, options?: KeyOptions]
  ): Promise<AnswerOf<R>>
  /** The rows of any list, page after page. */
  list<R extends ListRoute>(
    route: R,
    ...rest: Record<never, never> extends Asked<R>
      ? [asked?: Asked<R>, options?: CallOptions]
      : [asked: Asked<R>, options?: CallOptions]
  ): AsyncGenerator<RowOf<R>, void, undefined>
}

export function createClient(options: ClientOptions): Client {
  const transport = openTransport(options)
  return {
    credits: openCredits(transport),
    async send<R extends Route>(route: R, asked?: Asked<R>, callOptions?: KeyOptions) {
      return (await call(transport, route, asked ?? ({} as Asked<R>), callOptions)).body
    },
    list: <R extends ListRoute>(route: R, asked?: Asked<R>, callOptions?: CallOptions) =>
      list(transport, route, asked ?? ({} as Asked<R>), callOptions),
  }
}
