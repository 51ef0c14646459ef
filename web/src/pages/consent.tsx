import { Anchor, Button } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import { useApi, useChange } from '../api/queries.ts'
import { roleNames, useHere } from '../session.ts'
import { Card, Failed, FormError, Loading, Notice, Page } from '../ui/parts.tsx'

interface Question {
  client: { name: string; uri: string | null }
  redirect: { host: string; isThisMachine: boolean }
  company: { id: string; name: string }
  scopes: { scope: string; may: boolean }[]
}

const says: Record<string, string> = {
  'ai:ask': 'Ask about accounts and deals – this spends credits',
  'ai:brief': 'Generate briefs – this spends credits',
  'trackers:read': 'Read trackers and what they found – free',
  'credits:read': 'See how many credits are left and what uses them – free',
}

/** Where a program sends a person to be let in: who asks, for what, and what that may cost. */
export function ConsentPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const { session } = useHere()
  const path = `/oauth/consent/${encodeURIComponent(id)}`
  const question = useApi<Question>(`${path}/request`)
  const answer = useChange(async (agree: boolean) => {
    const { next } = await ask<{ next: string }>('POST', `${path}/answer`, { agree })
    location.assign(next)
  })
  if (answer.isSuccess) return <Page title="Back to the program…">{null}</Page>
  if (question.error) {
    return (
      <Page title="Let a program in">
        <Failed what="the request" error={question.error} retry={question.refetch} />
      </Page>
    )
  }
  if (!question.data) return <Loading />
  const { client, redirect, company, scopes } = question.data
  const granted = scopes.filter(({ may }) => may)
  const spends = granted.some(({ scope }) => scope.startsWith('ai:'))
  const isBusy = answer.isPending
  return (
    <Page title={`Let ${client.name} in?`}>
      <div className="stack" style={{ maxWidth: 620 }}>
        <Card title="Who asks">
          <dl className="facts">
            <dt>Program</dt>
            <dd>
              {client.name}
              {client.uri && (
                <>
                  {' – '}
                  <Anchor href={client.uri} target="_blank" rel="noreferrer noopener">
                    {new URL(client.uri).host}
                  </Anchor>
                </>
              )}
            </dd>
            <dt>Gets its answer at</dt>
            <dd className="mono">{redirect.host}</dd>
            <dt>Company</dt>
            <dd>{company.name}</dd>
            <dt>Acts as</dt>
            <dd>
              {session.member.name}, {roleNames[session.role]}
            </dd>
          </dl>
          <p className="muted small">
            The name is what the program says of itself; nobody checked it.{' '}
            {redirect.isThisMachine
              ? 'The answer goes to a program on this very machine: agree only if you started this there just now.'
              : `The answer goes to ${redirect.host}: agree only if you know it.`}
          </p>
        </Card>
        <Card title="What it may do">
          <ul>
            {scopes.map(({ scope, may }) => (
              <li key={scope} className={may ? undefined : 'muted'}>
                {says[scope] ?? scope}
                {may ? '' : ' (your role does not have this, so neither will the program)'}
              </li>
            ))}
          </ul>
          <p className="soft small">
            It sees the calls and emails that you see. It changes nothing, and you can take this
            back at any time under My account, Sessions and programs.
          </p>
        </Card>
        {spends && (
          <Notice tone="warn" title="It can spend the company's credits">
            By the standard prices each email it reads costs 0.1, a call up to 10 minutes 0.5 and a
            longer one 1; one question reads at most 60 calls and 500 emails. Every charge carries
            your name and the program's, and an admin can set a budget for it.
          </Notice>
        )}
        {granted.length === 0 && (
          <Notice tone="warn" title="Nothing to agree to">
            Your role may do nothing of what this program asks for.
          </Notice>
        )}
        <FormError error={answer.error} />
        <div className="row">
          <Button
            loading={isBusy && answer.variables === true}
            disabled={granted.length === 0 || isBusy}
            onClick={() => answer.mutate(true)}
          >
            Let it in
          </Button>
          <Button
            variant="default"
            loading={isBusy && answer.variables === false}
            disabled={isBusy}
            onClick={() => answer.mutate(false)}
          >
            No
          </Button>
        </div>
      </div>
    </Page>
  )
}
