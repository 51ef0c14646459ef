// Builds the page when it is not that of its sources. `npm ci` runs it, so that `npm start` only has to look.
// Plain JavaScript without imports from node_modules, as start.mjs, which uses it.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const page = join(root, 'web')
const built = join(page, 'dist')
const keptMs = 30 * 86_400_000
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')

/** True when the built page is that of its sources, or when there are none. Contents are compared. */
export function isPageBuilt() {
  if (!existsSync(join(page, 'index.html'))) return true
  const mark = join(built, '.sources')
  return existsSync(mark) && readFileSync(mark, 'utf8') === digestOfSources()
}

/** Whether the page can be built: an installation for production lacks what builds it. */
export function isPageBuildable() {
  return existsSync(vite)
}

/** Whether there is a page at all, of these sources or of earlier ones. */
export function isPageThere() {
  return existsSync(join(built, 'index.html'))
}

/**
 * Builds the page beside the present one and then takes its place, so that no server ever reads half of
 * it; of several that build at once, the first one's stays. Resolves with the exit code of the build.
 */
export async function buildPage(node = process.execPath) {
  const sources = digestOfSources()
  const mine = `${built}-${process.pid}`
  const args = [vite, 'build', page, '--outDir', mine, '--emptyOutDir', '--logLevel', 'error']
  const child = spawn(node, args, { cwd: root, stdio: ['ignore', 2, 2] })
  const stop = () => child.kill()
  process.once('exit', stop)
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exit, signal) => resolve(signal ? 1 : exit))
  })
  process.off('exit', stop)
  try {
    if (code !== 0 || isPageBuilt()) return code
    writeFileSync(join(mine, '.sources'), sources)
    const old = `${mine}-old`
    keepForOpenPages(mine)
    if (existsSync(built)) renameSync(built, old)
    renameSync(mine, built)
    rmSync(old, { recursive: true, force: true })
    return 0
  } finally {
    rmSync(mine, { recursive: true, force: true })
  }
}

/** A page that is open while it is built anew still asks for its own parts; they stay for a month. */
function keepForOpenPages(mine) {
  const from = join(built, 'assets')
  if (!existsSync(from)) return
  for (const name of readdirSync(from)) {
    const to = join(mine, 'assets', name)
    const { mtime, mtimeMs } = statSync(join(from, name))
    if (existsSync(to) || Date.now() - mtimeMs > keptMs) continue
    copyFileSync(join(from, name), to)
    // Its age is that of its build, not of the copy.
    utimesSync(to, mtime, mtime)
  }
}

/** A digest of everything the page is built from. */
function digestOfSources() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  const files = readdirSync(page, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/^[\\/](dist[^\\/]*|node_modules)[\\/]/.test(file.slice(page.length)))
  for (const file of files.sort()) hash.update(file.slice(page.length)).update(readFileSync(file))
  return hash.digest('hex')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // An installation without the page's packages is a good one; the server says what it lacks.
  if (isPageBuildable() && !isPageBuilt()) process.exitCode = await buildPage()
}
