import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = [
  process.env.CHROMIUM_PATH ?? '',
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Where Chromium is on this machine; undefined, told in one line, where there is none. */
export const chromiumPath = places.find((path) => path !== '' && existsSync(path))
if (!chromiumPath) {
  console.log('Journeys are skipped: there is no Chromium here (install it, or set CHROMIUM_PATH).')
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
}

/** Builds the page from its sources, before a server is made that serves it. */
export function buildPage(): void {
  const args = ['node_modules/vite/bin/vite.js', 'build', 'web', '--logLevel', 'error']
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the page cannot be built: ${stderr}`)
}
