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
  const header = 'Authorization: Bearer $SLUICE_KEY'
  const snippets: Record<string, string> = {
    'Claude Code': `claude mcp add --transport http sluice ${url} \\\n  --header "${header}"`,
    Cursor: JSON.stringify(
      { mcpServers: { sluice: { url, headers: { Authorization: 'Bearer ${env:SLUICE_KEY}' } } } },
      null,
      2,
    ),
    'VS Code': JSON.stringify(
      {
        servers: {
          sluice: { type: 'http', url, headers: { Authorization: 'Bearer ${input:sluice-key}' } },
        },
      },
      null,
      2,
    ),
    Other: `${url}\n${header}`,
  }
  const where: Record<string, string> = {
    'Claude Code': 'Run this in a terminal.',
    Cursor: 'In ~/.cursor/mcp.json',
    'VS Code': 'In .vscode/mcp.json',
    Other: 'Streamable HTTP, with this header; OAuth 2.1 where the client offers it.',
  }
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
              data={Object.keys(snippets)}
            />
            <p className="soft small">{where[client]}</p>
            <Snippet text={snippets[client] ?? ''} />
            {can('admin') && (
              <p className="small">
                <Link to="/connect">Make a key of kind MCP</Link> and keep it as SLUICE_KEY.
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
