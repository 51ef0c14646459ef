// Makes the package @sluice/client as it would be published, in packages/client/dist or the folder given:
// plain JavaScript with its declarations, for programs that do not run TypeScript.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'packages', 'client')
const target = process.argv[2] ?? join(source, 'dist')

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const options = [
  ...['--noEmit', 'false', '--declaration', '--rewriteRelativeImportExtensions'],
  ...['--rootDir', join(source, 'src'), '--outDir', target],
]
const built = spawnSync(process.execPath, [tsc, '-p', source, ...options], { stdio: 'inherit' })
if (built.status !== 0) process.exit(1)

const { private: _private, ...described } = JSON.parse(
  readFileSync(join(source, 'package.json'), 'utf8'),
)
const types = './index.d.ts'
const published = { ...described, types, exports: { '.': { types, default: './index.js' } } }
writeFileSync(join(target, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
copyFileSync(join(source, 'README.md'), join(target, 'README.md'))
copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'))
