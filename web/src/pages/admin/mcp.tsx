import { SegmentedControl } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useHere } from '../../session.ts'
import { Card, Page } from '../../ui/parts.tsx'
import { Snippet } from '../../ui/secret.tsx'
import { FreePill, Pill } from '../../ui/status.tsx'
import { DataTable } from '../../ui/table.tsx'

const tools = [
  {
    name: 'ask_account',
    says: 'A question about an account, its deals and contacts',
    isFree: false,
  },
  { name: 'ask_deal', says: 'A question about a deal', isFree: false },
  { name: 'generate_brief', says: 'A published brief about a customer', isFree: false },
  { name: 'estimate_request', says: 'The price of any of these, before it is paid', isFree: true },
  { name: 'get_credit_balance', says: 'What is left', isFree: true },
  { name: 'get_credit_usage', says: 'What was used', isFree: true },
  { name: 'list_briefs', says: 'The briefs there are', isFree: true },
  { name: 'list_trackers', says: 'The trackers there are', isFree: true },
  { name: 'get_tracker_results', says: 'What a tracker found', isFree: true },
]

/** Connecting an AI client: its address, what to paste where, and what each tool costs. */
export function McpPage() {
  const { can } = useHere()
  const [client, setClient] = useState('Claude Code')
  const url = `${location.origin}/mcp`
  const clients = clientsFor(url)
  const shown = clients.find(({ name }) => name === client) ?? clients[0]!
  return (
    <Page
      title="MCP"
      intro="AI clients ask about your customers through these tools. Every request that reads calls or emails is charged, the same price as by the API."
    >
      <div className="stack">
        <Card title="Connect" note={can('admin') ? undefined : 'Ask a tech admin for a key.'}>
          <div className="stack">
            <SegmentedControl
              className="scroll-x"
              value={client}
              onChange={setClient}
              aria-label="Client"
              data={clients.map(({ name }) => name)}
            />
            <Snippet text={shown.text} where={shown.where} />
            {can('admin') && (
              <p className="small">
                A client that offers sign-in (OAuth) needs no key. For the others{' '}
                <Link to="/connect">make a key of kind MCP</Link> and keep it as SLUICE_KEY.
              </p>
            )}
          </div>
        </Card>
        <Card title="Tools" flush>
          <DataTable
            caption="MCP tools"
            rows={tools}
            id={({ name }) => name}
            columns={[
              {
                head: 'Tool',
                lead: true,
                cell: ({ name }) => <span className="mono">{name}</span>,
              },
              { head: 'What it answers', cell: ({ says }) => says },
              {
                head: 'Cost',
                cell: ({ isFree }) =>
                  isFree ? (
                    <FreePill why="reads nothing new" />
                  ) : (
                    <Pill>By the calls and emails it reads</Pill>
                  ),
              },
            ]}
          />
        </Card>
      </div>
    </Page>
  )
}

/** What to paste where, for each client; the address is that of this server. */
function clientsFor(url: string): { name: string; where: string; text: string }[] {
  const header = 'Authorization: Bearer $SLUICE_KEY'
  const json = (value: unknown) => JSON.stringify(value, null, 2)
  // Those two fill in what stands in braces themselves.
  const bearer = (variable: string) => ({ Authorization: `Bearer $\{${variable}}` })
  return [
    {
      name: 'Claude',
      where: 'Settings, Connectors, Add custom connector; then sign in here',
      text: url,
    },
    {
      name: 'Claude Code',
      where: 'Run in a terminal; without the header it signs in by OAuth',
      text: `claude mcp add --transport http sluice ${url} \\\n  --header "${header}"`,
    },
    {
      name: 'Cursor',
      where: '~/.cursor/mcp.json',
      text: json({ mcpServers: { sluice: { url, headers: bearer('env:SLUICE_KEY') } } }),
    },
    {
      name: 'VS Code',
      where: '.vscode/mcp.json',
      text: json({
        servers: { sluice: { type: 'http', url, headers: bearer('input:sluice-key') } },
      }),
    },
    {
      name: 'ChatGPT',
      where: 'Settings, Connectors, Create; then sign in here',
      text: url,
    },
    {
      name: 'Other',
      where: 'Streamable HTTP with this header, or OAuth 2.1',
      text: `${url}\n${header}`,
    },
  ]
}
