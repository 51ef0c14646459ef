// `npm start`: installs what is missing, builds the page when it is not that of its sources, then runs
// Sluice on the Node that package.json pins.
// Plain JavaScript without imports from node_modules, for it runs first, on any Node of the machine.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import * as module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildPage, isPageBuildable, isPageBuilt, isPageThere } from './page.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const main = join(root, 'src', 'main.ts')
const compileCache = join(root, 'node_modules', '.cache', 'node')
const nodeNeeded = [20, 20]

/** A start that cannot be, told in one line. */
class StartError extends Error {}

try {
  await start(process.argv.slice(2))
} catch (error) {
  // Ours are told in a line; anything else is a bug and wants its stack.
  if (!(error instanceof StartError)) throw error
  console.error(`Sluice does not start: ${error.message}`)
  process.exitCode = 1
}

async function start(args) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [majorNeeded, minorNeeded] = nodeNeeded
  if (major < majorNeeded || (major === majorNeeded && minor < minorNeeded)) {
    throw new StartError(
      `it needs Node ${nodeNeeded.join('.')} or newer, and this is ${process.version}.`,
    )
  }
  if (!isInstalled()) await install()
  const [command = 'serve'] = args
  if (command === 'serve') await checkPage()
  await runMain(args.length > 0 ? args : ['serve'])
}

/** Builds the page where `npm ci` could not, and after its sources changed. */
async function checkPage() {
  if (isPageBuilt()) return
  if (!isPageBuildable()) {
    if (isPageThere()) return
    console.error(
      'The page is not built and cannot be here (run npm ci); the API works without it.',
    )
    return
  }
  console.error('Building the page; this happens once for each version.')
  const code = await buildPage(nodePath())
  if (code !== 0) throw new StartError(`the page cannot be built (exit code ${code}).`)
}

/**
 * True when node_modules holds what package-lock.json asks for. The contents are compared, since
 * times say nothing after a checkout or a copy. npm writes its own list last, so that an installation
 * that was broken off has none.
 */
function isInstalled() {
  const wanted = readJson('package-lock.json')
  const installed = readJson('node_modules', '.package-lock.json')
  if (!wanted) throw new StartError('package-lock.json is missing or broken.')
  if (!installed) return false
  return Object.entries(wanted.packages).every(([path, { version, ...entry }]) => {
    if (path === '') return true
    const found = installed.packages?.[path]
    const mayLack = entry.optional || entry.dev || entry.devOptional
    return found ? found.version === version : mayLack
  })
}

async function install() {
  console.error('Installing packages with npm ci; this happens once for each version.')
  // npm tells its scripts where it is; that needs no search path, nor a shell on Windows.
  const npm = process.env.npm_execpath ?? ''
  const [program, ...first] = /npm-cli\.c?js$/.test(npm) ? [process.execPath, npm] : ['npm']
  const args = [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  // What npm says is no part of what our command prints.
  const exit = await run(program, args, { cwd: root, stdio: ['inherit', 2, 2] }).catch((error) => {
    throw new StartError(`npm cannot be run (${error.message}): install npm, then run npm ci.`)
  })
  if (exit.signal) process.exit(exitCodeOf(exit))
  if (exit.code !== 0) throw new StartError(`npm ci failed (exit code ${exit.code}), see above.`)
}

async function runMain(args) {
  const { version } = readJson('node_modules', 'node', 'package.json') ?? {}
  if (process.version === `v${version}`) {
    module.enableCompileCache(compileCache)
    process.argv.splice(2, Infinity, ...args)
    await import(pathToFileURL(main).href)
    return
  }

  const node = nodePath()
  if (!node) throw new StartError(`Node ${version ?? 24} is missing in node_modules: run npm ci.`)
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env }
  const exit = await run(node, [main, ...args], { env }).catch((error) => {
    throw new StartError(`${node} cannot be run (${error.message}): run npm ci.`)
  })
  process.exitCode = exitCodeOf(exit)
}

/** The Node that package.json pins, where it is installed. */
function nodePath() {
  const node = join(root, 'node_modules', 'node', 'bin', onWindows('node.exe', 'node'))
  return existsSync(node) ? node : undefined
}

/** Runs a program in our place: it gets our signals, and we outlive it to tell how it ended. */
function run(program, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', ...options })
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    const forward = (signal) => child.kill(signal)
    for (const signal of signals) process.on(signal, forward)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward)
      resolve({ code, signal })
    })
  })
}

/** As shells tell it: 128 and the number of the signal. */
function exitCodeOf({ code, signal }) {
  return code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0)
}

function readJson(...path) {
  try {
    return JSON.parse(readFileSync(join(root, ...path), 'utf8'))
  } catch {
    return undefined
  }
}

function onWindows(there, elsewhere) {
  return process.platform === 'win32' ? there : elsewhere
}
