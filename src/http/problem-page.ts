import { readFile } from 'node:fs/promises'
import type { App } from '../platform/app.ts'

const SOURCE = new URL('../../docs/problems.md', import.meta.url)

/** Serves docs/problems.md as the page that the `type` of every problem points to. */
export async function addProblemPage(app: App): Promise<void> {
  const page = pageOf(await readFile(SOURCE, 'utf8'))
  app.get(
    '/docs/problems',
    { config: { access: 'public' }, schema: { hide: true } },
    async (_request, reply) => reply.type('text/html; charset=utf-8').send(page),
  )
}

/** Enough of Markdown for that one file: headings, paragraphs and code words. */
function pageOf(text: string): string {
  const blocks = text.split(/\n{2,}/).map((block) => {
    const plain = escaped(block.trim())
    const section = /^## ([a-z-]+)$/.exec(plain)
    if (section) return `<h2 id="${section[1]}">${section[1]}</h2>`
    if (plain.startsWith('# ')) return `<h1>${plain.slice(2)}</h1>`
    const lines = plain.replace(/\n(?=The (?:caller|operator) )/g, '<br>')
    return `<p>${lines.replace(/`([^`]+)`/g, '<code>$1</code>')}</p>`
  })
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Problems</title>${blocks.join('\n')}</html>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
