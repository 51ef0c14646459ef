import { Button, PasswordInput, SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { useChange } from '../api/queries.ts'
import { roleNames, useHere } from '../session.ts'
import { Card, FormError, fieldError, Page } from '../ui/parts.tsx'
import { OwnUse } from './own-use.tsx'

/** One's own name, appearance and password. */
export function MePage() {
  const { session } = useHere()
  const { member } = session
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const change = useChange(async () => {
    await ask('POST', '/v1/session/password', { current, password })
    setCurrent('')
    setPassword('')
    notifications.show({
      title: 'Password changed',
      message: 'Everywhere else you are signed out.',
    })
  })
  return (
    <Page title="My account">
      <div className="stack" style={{ maxWidth: 560 }}>
        <Card title={member.name}>
          <dl className="facts">
            <dt>Email</dt>
            <dd>{member.email}</dd>
            <dt>Role</dt>
            <dd>{roleNames[session.role]}</dd>
            <dt>Sees</dt>
            <dd>
              {
                {
                  all: 'All calls and emails',
                  team: 'Those of your teams',
                  own: 'Your own ones',
                }[member.visibility]
              }
            </dd>
          </dl>
        </Card>
        <OwnUse />
        <Card title="Appearance">
          <SegmentedControl
            value={colorScheme}
            onChange={(value) => setColorScheme(value as typeof colorScheme)}
            data={[
              { value: 'auto', label: 'As the system' },
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
            ]}
          />
        </Card>
        <Card title="Sessions and programs">
          <p>
            <Link to="/me/access">See where you are signed in and which programs act for you</Link>.
          </p>
        </Card>
        <Card title="Password">
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault()
              change.mutate(undefined)
            }}
          >
            <PasswordInput
              label="Current password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={current}
              onChange={(event) => setCurrent(event.currentTarget.value)}
              error={fieldError(change.error, 'current')}
            />
            <PasswordInput
              label="New password"
              description="At least 8 characters."
              autoComplete="new-password"
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              error={fieldError(change.error, 'password')}
            />
            <FormError error={change.error} />
            <Button type="submit" loading={change.isPending} style={{ alignSelf: 'flex-start' }}>
              Change password
            </Button>
          </form>
        </Card>
      </div>
    </Page>
  )
}
