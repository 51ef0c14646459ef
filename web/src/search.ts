import { useNavigate, useRouterState } from '@tanstack/react-router'

/** What stands after the `?`: the state of a page that a link and the back button keep. */
export function useSearch(): [
  Record<string, string>,
  (change: Record<string, string | null>) => void,
] {
  const navigate = useNavigate()
  const text = useRouterState({ select: ({ location }) => String(location.searchStr) })
  const now = Object.fromEntries(new URLSearchParams(text))
  const set = (change: Record<string, string | null>) => {
    const next = Object.entries({ ...now, ...change }).filter(([, value]) => value !== null)
    void navigate({ to: '.', search: Object.fromEntries(next) as never, replace: true })
  }
  return [now, set]
}
