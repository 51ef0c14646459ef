import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { buildPage, chromiumPath, openBrowser } from './browser.ts'
import { type TestHouse, type TestHouseOptions, testHouse } from './house.ts'

export const PASSWORD = 'correct horse battery'

/** A machine under load is slow; a wait that ends early would be a fault of the test. */
export const PATIENCE = { timeout: 30_000 }

/** A server that listens, the page it serves, and a browser. */
export interface Journey {
  house: TestHouse
  address: string
  browser: Browser
  /** A browser of its own in which somebody is signed in, or nobody. */
  visit(email?: string, options?: VisitOptions): Promise<Visit>
  close(): Promise<void>
}

export interface VisitOptions {
  width?: number
  scheme?: 'light' | 'dark'
}

export interface Visit {
  page: Page
  context: BrowserContext
  /** What the browser complained of: broken scripts, and whatever the page's policy forbids. */
  faults: string[]
}

export async function openJourney(options: TestHouseOptions = {}): Promise<Journey> {
  buildPage()
  const house = await testHouse({ workers: 2, ...options })
  const address = await house.app.listen({ port: 0, host: '127.0.0.1' })
  const browser = await openBrowser()
  return {
    ...{ house, address, browser },
    async visit(email, { width = 1280, scheme = 'light' } = {}) {
      const context = await browser.newContext({
        ...{ baseURL: address, colorScheme: scheme, reducedMotion: 'reduce' },
        viewport: { width, height: 900 },
      })
      context.setDefaultTimeout(PATIENCE.timeout)
      if (email) {
        const data = { email, password: PASSWORD }
        const signed = await context.request.post('/v1/session', {
          data,
          headers: { origin: address },
        })
        if (signed.status() !== 204) throw new Error(`not signed in: ${await signed.text()}`)
      }
      const page = await context.newPage()
      return { page, context, faults: faultsOf(page) }
    },
    async close() {
      await browser.close()
      await house.close()
    },
  }
}

/** Where there is no Chromium, journeys are left out, and said to be. */
export const hasNoBrowser = !chromiumPath

export function faultsOf(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => void faults.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    // A visitor who is not signed in yet is told so by a 401, a new company that it has no contract by a 404.
    if (message.type() === 'error' && !/status of 40[14] /.test(message.text()))
      faults.push(`${page.url()}: ${message.text()}`)
  })
  return faults
}

/** The addresses of the page, as its router knows them. */
export async function routesOf(page: Page): Promise<string[]> {
  await page.goto('/home')
  await page.getByRole('heading', { level: 1 }).waitFor()
  const paths = await page.evaluate(() =>
    Object.keys((globalThis as unknown as WithRouter).__TSR_ROUTER__.routesByPath),
  )
  return paths.filter((path) => path !== '/')
}

interface WithRouter {
  __TSR_ROUTER__: {
    routesByPath: Record<string, unknown>
    navigate(to: { to: string }): Promise<void>
  }
}

/** Goes to another page as a link does, without loading everything anew. */
export async function go(page: Page, path: string): Promise<void> {
  await page.evaluate(
    (to) => (globalThis as unknown as WithRouter).__TSR_ROUTER__.navigate({ to }),
    path,
  )
  await page.waitForURL((url) => url.pathname === path.split('?', 1)[0])
  await settled(page)
}

/** Waits until a page shows all it has: its title, and nothing that is still being loaded. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
}

/** Whether the keyboard is there. */
export function hasFocus(at: Locator): Promise<boolean> {
  return at.evaluate((one) => one.ownerDocument.activeElement === one)
}
