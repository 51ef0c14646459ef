import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'packages/**/*.test.ts'],
    globalSetup: ['tests/kit/postgres.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A busy machine may make a browser miss its moment; a test that needs its second try is shown as such.
    retry: process.env.CI ? 1 : 0,
  },
})
