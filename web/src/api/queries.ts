import {
  keepPreviousData,
  QueryClient,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { ApiProblem, api, type Query } from './client.ts'
import type { Account, Balance, Company, Member, Session, Team } from './types.ts'

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Without a network they fail and say so, rather than wait without a word.
      networkMode: 'always',
      retry: (count, error) => count < 2 && !(error instanceof ApiProblem),
      placeholderData: keepPreviousData,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})

/** One answer of the API. */
export function useApi<T>(
  path: string,
  query: Query = {},
  options: { enabled?: boolean; everyMs?: number } = {},
) {
  return useQuery<T>({
    queryKey: [path, query],
    queryFn: () => api.get<T>(path, query),
    enabled: options.enabled ?? true,
    ...(options.everyMs ? { refetchInterval: options.everyMs } : {}),
  })
}

export interface Page<T> {
  data: T[]
  nextCursor: string | null
}

/** A list of the API, page after page. */
export function useList<T>(
  path: string,
  query: Query = {},
  options: { enabled?: boolean; everyMs?: number } = {},
) {
  const found = useInfiniteQuery({
    queryKey: [path, 'list', query],
    queryFn: ({ pageParam }) =>
      api.get<Page<T>>(path, { limit: 50, ...query, ...(pageParam ? { cursor: pageParam } : {}) }),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    enabled: options.enabled ?? true,
    // Only while one page is shown: asking for many pages again and again is no freshness anybody wants.
    ...(options.everyMs
      ? {
          refetchInterval: ({ state }: { state: { data?: { pages: unknown[] } | undefined } }) =>
            (state.data?.pages.length ?? 1) > 1 ? false : options.everyMs!,
        }
      : {}),
  })
  return { ...found, rows: found.data?.pages.flatMap((page) => page.data) }
}

/** Something that changes the server; then everything shown is asked for again. */
export function useChange<In, Out = unknown>(change: (asked: In) => Promise<Out>) {
  const client = useQueryClient()
  return useMutation<Out, Error, In>({
    mutationFn: change,
    onSuccess: () => client.invalidateQueries(),
  })
}

/** Who is signed in; null for nobody. Asked for while the page's own scripts still come in. */
export const sessionQuery = queryOptions<Session | null>({
  queryKey: ['/v1/session'],
  queryFn: () =>
    api.get<Session>('/v1/session').catch((error) => {
      if (error instanceof ApiProblem && error.status === 401) return null
      throw error
    }),
  staleTime: 60_000,
})

export function useSession() {
  return useQuery(sessionQuery)
}

/** The only reader of what is left: the chip, the meter and every page show this one answer. */
export function useBalance(enabled = true) {
  return useApi<Balance>('/v1/credits/balance', {}, { enabled, everyMs: 1_500 })
}

/** Names by id, of the things that rows refer to. */
export function useNames(
  path: '/v1/members' | '/v1/teams' | '/v1/accounts' | '/v1/integrations',
  enabled = true,
) {
  const { rows } = useList<Member | Team | Account>(path, { limit: 1000 }, { enabled })
  return new Map(rows?.map(({ id, name }) => [id, name]))
}

export function useCompany(enabled = true) {
  return useApi<Company>('/v1/company', {}, { enabled })
}
