import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'packages/**/*.test.ts'],
    globalSetup: ['tests/kit/postgres.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // How soon something shows is measured by the bench, not by tests.
    expect: { poll: { timeout: 15_000 } },
  },
})
