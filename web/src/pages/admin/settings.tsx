import { Button, MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useChange, useCompany, useList } from '../../api/queries.ts'
import type { Company, Member } from '../../api/types.ts'
import { Card, FormError, fieldError, Loaded, Page } from '../../ui/parts.tsx'

/** The company's own settings, and who is told when credits run low. */
export function SettingsPage() {
  const company = useCompany()
  return (
    <Page title="Settings">
      <Loaded of={company} what="the settings">
        {(found) => <Form key={found.id} company={found} />}
      </Loaded>
    </Page>
  )
}

function Form({ company }: { company: Company }) {
  const members = useList<Member>('/v1/members', { limit: 500 })
  const [form, setForm] = useState({
    ...{ name: company.name, timezone: company.timezone, emailDomains: company.emailDomains },
    ...{ alertRecipients: company.alertRecipients, limits: company.limits },
  })
  const save = useChange(async () => {
    await api.patch('/v1/company', form)
    notifications.show({ message: 'Settings saved.' })
  })
  const limit = (name: keyof Company['limits'], label: string, description: string) => (
    <NumberInput
      label={label}
      description={description}
      min={0}
      value={form.limits[name]}
      onChange={(value) => setForm({ ...form, limits: { ...form.limits, [name]: Number(value) } })}
    />
  )
  return (
    <form
      className="stack"
      style={{ maxWidth: 720 }}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(undefined)
      }}
    >
      <Card title="Company">
        <div className="stack">
          <TextInput
            label="Name"
            value={form.name}
            onChange={(event) => setForm({ ...form, name: event.currentTarget.value })}
            error={fieldError(save.error, 'name')}
          />
          <Select
            label="Time zone"
            description="Stays once a contract counts in it."
            searchable
            allowDeselect={false}
            value={form.timezone}
            onChange={(timezone) => setForm({ ...form, timezone: timezone ?? form.timezone })}
            data={[...new Set([form.timezone, 'UTC', ...Intl.supportedValuesOf('timeZone')])]}
            error={fieldError(save.error, 'timezone')}
          />
          <TagsInput
            label="Own mail domains"
            description="Whoever writes from there is not a customer."
            value={form.emailDomains}
            onChange={(emailDomains) => setForm({ ...form, emailDomains })}
          />
        </div>
      </Card>
      <Card title="Who is told" note="At 60, 80, 90, 95 and 100 percent, by mail and in the app.">
        <MultiSelect
          label="Recipients"
          searchable
          value={form.alertRecipients}
          onChange={(alertRecipients) => setForm({ ...form, alertRecipients })}
          data={(members.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        />
      </Card>
      <Card title="Limits">
        <div className="stack">
          {limit(
            'manualPerMemberHour',
            'By hand, per member and hour',
            'Questions and briefs in the app, which are free.',
          )}
          {limit('gongPerSecond', 'Requests a second on /v2', 'Of the whole company.')}
          {limit('gongPerDay', 'Requests a day on /v2', 'Of the whole company.')}
        </div>
      </Card>
      <FormError error={save.error} />
      <Button type="submit" loading={save.isPending} style={{ alignSelf: 'flex-start' }}>
        Save
      </Button>
    </form>
  )
}
