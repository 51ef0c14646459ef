import type { Words } from './words.ts'

/** Where a letter comes from, and where its links lead. */
export interface Letterhead {
  companyName: string
  /** Undefined: the letter has no links. */
  publicUrl: string | undefined
  /** Why one gets it, where it is not because one is told of credits. */
  why?: string
}

/**
 * Writes the mail about one thing, or several of a kind: plain text, and HTML that follows the reader's
 * light or dark setting. It says the numbers, what to do next, and why one gets it.
 */
export function letterOf(
  all: readonly Words[],
  subject: string,
  { companyName, publicUrl, why: ownWhy }: Letterhead,
): { subject: string; text: string; html: string } {
  const company = oneLine(companyName)
  const why = oneLine(
    ownWhy ??
      `You get this mail because ${company} has you told of its AI credits. Admins choose who is told in the company's settings.`,
  )
  const linkOf = ({ next }: Words) => (next && publicUrl ? `${publicUrl}${next.path}` : undefined)
  return {
    subject: oneLine(`${subject} – ${company}`),
    text: [...all.map((words) => sectionText(words, linkOf(words))), `-- \n${why}`].join('\n\n'),
    html: page(
      subject,
      all.map((words) => sectionHtml(words, linkOf(words))),
      why,
    ),
  }
}

function sectionText({ title, lines, next }: Words, link: string | undefined): string {
  const parts = [title, ...lines, next?.say, link]
  return parts.filter(Boolean).join('\n\n')
}

function sectionHtml({ title, lines, next }: Words, link: string | undefined): string {
  const said = lines.map((line) => `<p>${escaped(line)}</p>`).join('')
  const todo = next ? `<p>${escaped(next.say)}</p>` : ''
  const button =
    next && link ? `<p><a class="go" href="${escaped(link)}">${escaped(next.label)}</a></p>` : ''
  return `<h1>${escaped(title)}</h1>${said}${todo}${button}`
}

const style = `
:root{color-scheme:light dark}
body{margin:0;padding:24px;background:#f6f7f9;color:#1c2330;font:16px/1.5 system-ui,sans-serif}
main{max-width:560px;margin:0 auto;padding:24px;background:#fff;border-radius:8px}
h1{margin:0 0 12px;font-size:20px;line-height:1.3}
p+h1{margin-top:28px}
p{margin:0 0 12px}
a.go{display:inline-block;padding:10px 16px;border-radius:6px;background:#2347c5;color:#fff;text-decoration:none}
footer{max-width:560px;margin:16px auto 0;color:#5a6475;font-size:13px}
@media (prefers-color-scheme:dark){
body{background:#12161d;color:#e7eaf0}main{background:#1b212b}a.go{background:#8fa6ff;color:#12161d}footer{color:#9aa5b8}}`

function page(title: string, sections: string[], why: string): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width">' +
    '<meta name="color-scheme" content="light dark">' +
    `<title>${escaped(title)}</title><style>${style}</style></head>` +
    `<body><main>${sections.join('')}</main><footer>${escaped(why)}</footer></body></html>`
  )
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}
