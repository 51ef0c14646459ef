import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useApi, useList } from '../../api/queries.ts'

export const entityTypes = { account: 'Account', deal: 'Deal', contact: 'Contact', lead: 'Lead' }
export type EntityType = keyof typeof entityTypes
export interface Entity {
  type: EntityType
  id: string
}

export const periods = [
  { value: 'LAST_7DAYS', label: 'Last 7 days' },
  { value: 'LAST_30DAYS', label: 'Last 30 days' },
  { value: 'LAST_90DAYS', label: 'Last 90 days' },
  { value: 'LAST_YEAR', label: 'Last year' },
  { value: 'THIS_QUARTER', label: 'This quarter' },
  { value: 'THIS_YEAR', label: 'This year' },
  { value: 'ALL_CONVERSATIONS', label: 'All conversations' },
]

interface Named {
  id: string
  name: string | null
  email?: string | null
}

export function nameOf({ id, name, email }: Named): string {
  return name || email || id
}

/** Where one account, deal, contact or lead has its page. */
export function pathOf({ type, id }: { type: string; id: string }): string {
  return `/${type}s/${encodeURIComponent(id)}`
}

/** Its name, or its id for as long as nobody knows better. */
export function useEntityName({ type, id }: { type: string; id: string }): string {
  const found = useApi<Named>(`/v1${pathOf({ type, id })}`, {}, { enabled: id !== '' })
  return found.data?.id === id ? nameOf(found.data) : id
}

/** Finds one among however many there are: the server searches. */
export function EntitySelect({
  type,
  value,
  onChange,
  placeholder = 'Choose',
  ...field
}: {
  type: EntityType
  value: string
  onChange: (id: string) => void
  placeholder?: string
  label?: string
  'aria-label'?: string
  clearable?: boolean
  style?: React.CSSProperties
}) {
  const [text, setText] = useState('')
  const [asked] = useDebouncedValue(text.trim(), 200)
  const chosen = useApi<Named>(
    `/v1/${type}s/${encodeURIComponent(value)}`,
    {},
    { enabled: value !== '' },
  )
  const own = value !== '' && chosen.data?.id === value ? [chosen.data] : []
  const isSearch = asked !== '' && !own.some((one) => nameOf(one) === asked)
  const found = useList<Named>(`/v1/${type}s`, { limit: 30, ...(isSearch ? { q: asked } : {}) })
  const rows = [...own, ...(found.rows ?? []).filter(({ id }) => !own.some((one) => one.id === id))]
  return (
    <Select
      {...field}
      searchable
      searchValue={text}
      onSearchChange={setText}
      placeholder={placeholder}
      nothingFoundMessage={found.rows ? 'Nothing fits' : 'Searching'}
      filter={({ options }) => options}
      value={value || null}
      onChange={(id) => onChange(id ?? '')}
      data={rows.map((row) => ({ value: row.id, label: nameOf(row) }))}
    />
  )
}

/** Chooses an account, deal, contact or lead. */
export function EntityField({
  value,
  onChange,
}: {
  value: Entity
  onChange: (entity: Entity) => void
}) {
  return (
    <>
      <Select
        label="About"
        w={130}
        allowDeselect={false}
        value={value.type}
        onChange={(type) => onChange({ type: type as EntityType, id: '' })}
        data={Object.entries(entityTypes).map(([key, label]) => ({ value: key, label }))}
      />
      <EntitySelect
        key={value.type}
        type={value.type}
        label={entityTypes[value.type]}
        style={{ flex: 1, minWidth: 200 }}
        value={value.id}
        onChange={(id) => onChange({ ...value, id })}
      />
    </>
  )
}
