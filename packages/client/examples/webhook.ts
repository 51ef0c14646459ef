import { createServer } from 'node:http'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

const verifier = new Webhook(process.env.SLUICE_WEBHOOK_SECRET!)
const seen = new Set<string>()

const server = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  try {
    const headers = request.headers as Record<string, string>
    const { type, data } = verifier.verify(text, headers) as { type: string; data: { seq: number } }
    // It may come twice: the id is the same then.
    const id = headers['webhook-id']!
    if (!seen.has(id)) console.log(type, data.seq)
    seen.add(id)
    response.writeHead(204).end()
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error
    console.log('not from Sluice')
    response.writeHead(400).end()
  }
})
server.listen(Number(process.env.PORT), '127.0.0.1')
process.once('SIGTERM', () => server.close())
