import { Button, PasswordInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { ask } from '../api/client.ts'
import { useChange } from '../api/queries.ts'
import type { Invited } from '../api/types.ts'
import { FormError, fieldError, Loading } from '../ui/parts.tsx'
import { Gate } from './sign-in.tsx'

/** Where an invitation leads: choosing a password, then straight in. The token never reaches a log. */
export function InvitationPage() {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [token] = useState(() => location.hash.slice(1))
  const [password, setPassword] = useState('')
  const look = useChange((asked: string) =>
    ask<Invited>('POST', '/v1/invitations/look', { token: asked }),
  )
  const { mutate } = look
  useEffect(() => {
    if (token) mutate(token)
  }, [mutate, token])
  const accept = useChange(async (invited: Invited) => {
    await ask('POST', '/v1/invitations/accept', { token, password })
    await ask('POST', '/v1/session', { email: invited.email, password })
    await client.invalidateQueries()
    await navigate({ to: '/home', replace: true })
  })
  if (look.error || !token) {
    return (
      <Gate title={token ? 'This link does not work any more' : 'A part of the link is missing'}>
        <p className="soft">
          {look.error?.message} Ask a tech admin of your company for a new one.
        </p>
        <a href="/">Go to sign-in</a>
      </Gate>
    )
  }
  if (!look.data) return <Loading />
  const invited = look.data
  return (
    <Gate title={`Welcome, ${invited.name}`}>
      <p className="soft">
        Choose a password for {invited.email} at {invited.company}.
      </p>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          accept.mutate(invited)
        }}
      >
        <input type="hidden" autoComplete="username" value={invited.email} readOnly />
        <PasswordInput
          label="Password"
          description="At least 8 characters."
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={fieldError(accept.error, 'password')}
        />
        <FormError error={accept.error} />
        <Button type="submit" loading={accept.isPending}>
          Choose and sign in
        </Button>
      </form>
    </Gate>
  )
}
