/** What use can be split by: its name, the filter that keeps one of it, and what one splits into. */
export const groups = {
  feature: { label: 'Feature', plural: 'features', filters: 'feature', next: 'instance' },
  instance: { label: 'Instance', plural: 'instances', filters: 'instanceId', next: 'itemType' },
  integration: {
    label: 'Integration',
    plural: 'integrations',
    filters: 'integrationId',
    next: 'feature',
  },
  team: { label: 'Team', plural: 'teams', filters: 'teamId', next: 'feature' },
  member: { label: 'Member', plural: 'members', filters: 'memberId', next: 'feature' },
  itemType: { label: 'Kind of item', plural: 'kinds of item', filters: undefined, next: undefined },
} as const

export type Grouping = keyof typeof groups

export const filterNames = ['feature', 'instanceId', 'integrationId', 'memberId', 'teamId'] as const

export type UseFilter = Partial<Record<(typeof filterNames)[number], string>>

export function filterOf(search: Record<string, string>): UseFilter {
  return Object.fromEntries(
    filterNames.flatMap((name) => (search[name] ? [[name, search[name]]] : [])),
  )
}
