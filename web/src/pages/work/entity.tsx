import { Select } from '@mantine/core'
import { useState } from 'react'
import type { Account } from '../../api/generated/types.gen.ts'
import { useList } from '../../api/queries.ts'

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

/** Chooses an account, deal, contact or lead. */
export function EntityField({
  value,
  onChange,
}: {
  value: Entity
  onChange: (entity: Entity) => void
}) {
  const [text, setText] = useState('')
  const rows = useList<Pick<Account, 'id'> & { name: string | null; email?: string | null }>(
    `/v1/${value.type}s`,
    { limit: 500 },
  )
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
      <Select
        label={entityTypes[value.type]}
        style={{ flex: 1, minWidth: 200 }}
        searchable
        searchValue={text}
        onSearchChange={setText}
        placeholder="Choose"
        value={value.id || null}
        onChange={(id) => onChange({ ...value, id: id ?? '' })}
        data={(rows.rows ?? []).map(({ id, name, email }) => ({
          value: id,
          label: name ?? email ?? id,
        }))}
      />
    </>
  )
}
