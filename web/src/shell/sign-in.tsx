import { Anchor, Button, PasswordInput, Radio, Select, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { ApiProblem, ask } from '../api/client.ts'
import { useApi, useChange } from '../api/queries.ts'
import type { SetUp } from '../api/types.ts'
import { FormError, fieldError } from '../ui/parts.tsx'
import { Mark } from './mark.tsx'

/** The way in: signing in, or founding the first company of a new installation. */
export function Entrance() {
  const setUp = useApi<SetUp>('/v1/setup')
  return setUp.data?.needed ? <FirstRun /> : <SignIn />
}

export function Gate({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} – Sluice`
  }, [title])
  return (
    <main className="gate" style={{ maxWidth: 'none' }}>
      <div className="stack-l">
        <div className="row" style={{ gap: 10 }}>
          <Mark />
          <span className="strong" style={{ fontSize: 16 }}>
            Sluice
          </span>
        </div>
        <div className="card">
          <div className="body stack" style={{ padding: 24 }}>
            <h1>{title}</h1>
            {children}
          </div>
        </div>
      </div>
    </main>
  )
}

interface Company {
  id: string
  name: string
}

function SignIn() {
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [companyId, setCompanyId] = useState<string>()
  const signIn = useChange(async () => {
    await ask('POST', '/v1/session', { email, password, ...(companyId ? { companyId } : {}) })
    await client.invalidateQueries({ queryKey: ['/v1/session'] })
  })
  const problem = signIn.error instanceof ApiProblem ? signIn.error : undefined
  const companies = problem?.facts.companies as Company[] | undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate()
  }
  return (
    <Gate title="Sign in">
      <form onSubmit={submit} className="stack">
        <TextInput
          label="Email"
          type="email"
          name="email"
          autoComplete="username"
          required
          withAsterisk={false}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {companies ? (
          <Radio.Group
            label="Which company?"
            value={companyId ?? ''}
            onChange={setCompanyId}
            description="This address and password belong to several."
          >
            <div className="stack-s" style={{ marginTop: 8 }}>
              {companies.map(({ id, name }) => (
                <Radio key={id} value={id} label={name} />
              ))}
            </div>
          </Radio.Group>
        ) : (
          <FormError error={signIn.error} />
        )}
        <Button type="submit" loading={signIn.isPending}>
          Sign in
        </Button>
        <p className="muted small">
          No password yet? A tech admin of your company can give you a link to choose one.
        </p>
      </form>
    </Gate>
  )
}

function FirstRun() {
  const client = useQueryClient()
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const [form, setForm] = useState({
    ...{ operatorKey: '', company: '', timezone: zone, name: '', email: '', password: '' },
  })
  const set = (field: keyof typeof form) => (value: string | null) =>
    setForm((now) => ({ ...now, [field]: value ?? '' }))
  const found = useChange(async () => {
    const { operatorKey, company, timezone, name, email, password } = form
    await ask(
      'POST',
      '/v1/companies',
      { name: company, timezone, admin: { name, email, password } },
      { authorization: `Bearer ${operatorKey.trim()}` },
    )
    await ask('POST', '/v1/session', { email, password })
    await client.invalidateQueries()
  })
  const text = (field: keyof typeof form, label: string, more: object = {}) => (
    <TextInput
      label={label}
      required
      withAsterisk={false}
      value={form[field]}
      onChange={(event) => set(field)(event.currentTarget.value)}
      error={fieldError(found.error, field === 'company' ? 'name' : `admin.${field}`)}
      {...more}
    />
  )
  return (
    <Gate title="Set up Sluice">
      <p className="soft">
        Found the company and its first tech admin. It takes a minute; contract, people and data
        come after.
      </p>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          found.mutate()
        }}
      >
        <PasswordInput
          label="Operator key"
          description="Printed once at the first start, and kept in the file operator-key of the data folder."
          required
          withAsterisk={false}
          autoComplete="off"
          value={form.operatorKey}
          onChange={(event) => set('operatorKey')(event.currentTarget.value)}
        />
        {text('company', 'Company name')}
        <Select
          label="Time zone"
          description="Days, contract years and reports are counted in it."
          searchable
          data={Intl.supportedValuesOf('timeZone').concat('UTC')}
          value={form.timezone}
          onChange={set('timezone')}
          error={fieldError(found.error, 'timezone')}
        />
        {text('name', 'Your name', { autoComplete: 'name' })}
        {text('email', 'Your email', { type: 'email', autoComplete: 'username' })}
        <PasswordInput
          label="Password"
          description="At least 8 characters."
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={form.password}
          onChange={(event) => set('password')(event.currentTarget.value)}
          error={fieldError(found.error, 'password')}
        />
        <FormError error={found.error} />
        <Button type="submit" loading={found.isPending}>
          Found the company
        </Button>
      </form>
      <p className="muted small">
        Programs do the same with <Anchor href="/docs">the API</Anchor>.
      </p>
    </Gate>
  )
}
