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
  console.log(
    'The journeys were not run, for there is no Chromium here: apt-get install chromium, or set CHROMIUM_PATH, then npx vitest run tests/journeys.',
  )
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
}

/** Builds the page when it is not that of its sources, before a server is made that serves it. */
export function buildPage(): void {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/page.mjs'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the page cannot be built: ${stderr}`)
}
