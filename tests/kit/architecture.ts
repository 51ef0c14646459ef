import { dirname, normalize } from 'node:path/posix'

/** A file of `src/`: its path from there, and its text. */
export interface SourceFile {
  path: string
  text: string
}

type Layer = 'kit' | 'core' | 'platform' | 'store' | 'service' | 'door' | 'http' | 'main'

/** Parsers of file formats: text in, values out. */
const parsers =
  'postal-mime|html-to-text|webvtt-parser|mbox-reader|csv-parse\\/sync|csv-stringify\\/sync'

/** What each layer may import: which layers, and which packages. */
const layers: Record<Layer, { from: readonly Layer[]; packages: RegExp; types?: RegExp }> = {
  kit: { from: ['kit'], packages: /^temporal-polyfill$/ },
  // Schemas, hashes and checksums are functions of their input; the rest of Node is not.
  core: {
    from: ['kit', 'core'],
    packages: new RegExp(`^(zod|node:assert/strict|node:crypto|node:zlib|${parsers})$`),
    types: /^(platform|ai)\//,
  },
  platform: { from: ['kit', 'platform'], packages: /./ },
  store: {
    from: ['kit', 'core', 'platform', 'store'],
    packages: /^(kysely|node:assert\/strict|node:crypto)$/,
    types: /^pg$/,
  },
  service: {
    from: ['kit', 'core', 'platform', 'store', 'service'],
    packages: new RegExp(`^(node:(?!http)[\\w/]+|${parsers})$`),
    types: /^(pg|kysely)$/,
  },
  door: {
    from: ['kit', 'core', 'platform', 'service', 'door'],
    packages: /^(zod|fastify|node:.*|csv-stringify)$/,
  },
  http: { from: ['kit', 'core', 'platform', 'service', 'door', 'http'], packages: /./ },
  main: {
    from: ['kit', 'core', 'platform', 'store', 'service', 'door', 'http', 'main'],
    packages: /./,
  },
}

/** Modules in their order: each may use those before it. */
const order = [
  ...['kit', 'platform', 'ai', 'companies', 'oauth'],
  ...['ledger', 'contracts', 'rating', 'budgets', 'charges'],
  ...[
    'alerts',
    'test-clock',
    'conversations',
    'mailboxes',
    'trackers',
    'streams',
    'ask',
    'briefs',
    'automations',
  ],
  ...['insight', 'gong', 'connectors', 'http', 'worker', 'mcp', 'doctor', 'demo'],
]

/** They hold and settle charges, and never touch the ledger. */
const features = [
  'conversations',
  'mailboxes',
  'trackers',
  'streams',
  'ask',
  'briefs',
  'automations',
  'gong',
  'connectors',
  'mcp',
]

const mainFiles = ['main.ts', 'house.ts', 'doors.ts', 'config.ts']
const doorNames = ['routes', 'jobs', 'tools']
/** Schemas that all doors share are values as much as those of a module. */
const coreFiles = ['platform/shapes.ts']

/** Checks the imports of some files; each violation names its file and what it imports. */
export function checkImports(files: readonly SourceFile[]) {
  const violations: string[] = []
  let imports = 0
  for (const { path, text } of files) {
    for (const found of importsOf(text)) {
      imports += 1
      for (const fault of faultsOf(path, found)) {
        violations.push(`${path} → ${found.target}: ${fault}`)
      }
    }
  }
  return { violations, files: files.length, imports }
}

/**
 * Checks the files of a package that others install: what runs there imports its own files and nothing else, and
 * its examples know it by its name alone, as those do who install it.
 */
export function checkPackage(files: readonly SourceFile[], name: string) {
  const violations: string[] = []
  let imports = 0
  for (const { path, text } of files) {
    const isExample = path.startsWith('examples/')
    const own = isExample ? 'examples/' : 'src/'
    for (const { target } of importsOf(text)) {
      imports += 1
      const isInside = target.startsWith('.') && aimOf(path, target).startsWith(own)
      const isAllowed = isExample && !target.startsWith('.')
      if (!isInside && !isAllowed) violations.push(`${path} → ${target}: is outside of ${name}`)
    }
  }
  return { violations, files: files.length, imports }
}

function aimOf(path: string, target: string): string {
  return normalize(`${dirname(path)}/${target}`)
}

interface Import {
  target: string
  /** Erased when the program runs. */
  isType: boolean
}

function importsOf(text: string): Import[] {
  const statements =
    /^\s*(?:import|export)\b([^'";]*?)\bfrom\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\('([^']+)'\)/gm
  return [...text.matchAll(statements)].map(([, what = '', from, bare, dynamic]) => ({
    target: (from ?? bare ?? dynamic)!,
    isType: /^\s*type\b/.test(what),
  }))
}

function* faultsOf(path: string, { target, isType }: Import): Generator<string> {
  const layer = layerOf(path)
  const module = moduleOf(path)
  const { from, packages, types = /$^/ } = layers[layer]
  if (module && !order.includes(module)) yield `${module} has no place in the order`
  if (!target.startsWith('.')) {
    const isAllowed = packages.test(target) || (isType && types.test(target))
    if (!isAllowed) yield `${layer} may not import the package ${target}`
    return
  }
  const aim = aimOf(path, target)
  if (aim.startsWith('..')) return
  const aimLayer = layerOf(aim)
  const aimModule = moduleOf(aim)
  if (!from.includes(aimLayer) && !(isType && types.test(aim))) {
    yield `${layer} may not import ${aimLayer}`
  }
  if (layer === 'main' || !module || !aimModule || module === aimModule) return
  if (aimLayer === 'store') yield `the store of ${aimModule} is its own`
  if (order.indexOf(aimModule) > order.indexOf(module)) yield `${module} comes before ${aimModule}`
  if (aimModule === 'ledger' && features.includes(module)) {
    yield `${module} is a feature: it uses charges, not the ledger`
  }
}

function layerOf(path: string): Layer {
  if (mainFiles.includes(path)) return 'main'
  if (coreFiles.includes(path)) return 'core'
  const [module = '', next = ''] = path.split('/')
  // The demo stands outside, as `main.ts` does: it opens a house and speaks to its doors.
  if (module === 'demo') return 'main'
  if (module === 'kit') return 'kit'
  // The model is spoken to as a database is.
  if (module === 'platform' || module === 'ai') return 'platform'
  if (module === 'http' || module === 'worker' || module === 'mcp') return 'http'
  const role = next.replace(/\.ts$/, '')
  if (role === 'store' || role === 'service') return role
  return doorNames.includes(role) ? 'door' : 'core'
}

function moduleOf(path: string): string | undefined {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined
}
