import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig, settings } from './config.ts'

test('an empty environment gives a server for this machine', () => {
  expect(readConfig({})).toEqual({
    port: 4747,
    host: '127.0.0.1',
    databaseUrl: undefined,
    databasePool: 20,
    dataDir: resolve('data'),
    operatorKey: undefined,
    mail: undefined,
    ai: { provider: 'local' },
    demo: false,
    outboundPrivate: false,
    publicUrl: undefined,
    trustedProxies: [],
    mcpPerMinute: 240,
    requestsPerSecond: 0,
    sessions: { idleMs: 1_800_000, longestMs: 43_200_000 },
    logLevel: 'info',
    workerConcurrency: 8,
    postgres: { port: 0, sharedBuffers: '256MB' },
  })
})

test('an empty setting counts as unset', () => {
  const empty = Object.fromEntries(Object.keys(settings.shape).map((name) => [name, '']))
  expect(readConfig(empty)).toEqual(readConfig({}))
})

test('every setting says what it means', () => {
  for (const [name, schema] of Object.entries(settings.shape)) {
    expect(schema.description, name).toMatch(/\.$/)
  }
})

test('settings are read', () => {
  const config = readConfig({
    PORT: '8080',
    DATABASE_URL: 'postgresql://me:secret@db:5432/credits?sslmode=require',
    SLUICE_SMTP_URL: 'smtp://localhost:2525',
    SLUICE_MAIL_FROM: 'Sluice <credits@example.com>',
    SLUICE_AI_PROVIDER: 'openai-compatible',
    SLUICE_AI_MODEL: 'small',
    SLUICE_AI_BASE_URL: 'http://localhost:11434/v1',
    SLUICE_DEMO: '1',
    SLUICE_PUBLIC_URL: 'https://credits.example.com/',
  })
  expect(config).toMatchObject({
    port: 8080,
    databaseUrl: 'postgresql://me:secret@db:5432/credits?sslmode=require',
    mail: { smtpUrl: 'smtp://localhost:2525', from: 'Sluice <credits@example.com>' },
    ai: { provider: 'openai-compatible', model: 'small', baseUrl: 'http://localhost:11434/v1' },
    demo: true,
    publicUrl: 'https://credits.example.com',
  })
})

describe('a wrong setting is told in one line that begins with its name', () => {
  test.each([
    ['PORT', '70000', 'PORT must be a whole number from 0 to 65535, not "70000"'],
    ['PORT', '80 80', 'PORT must be a whole number from 0 to 65535, not "80 80"'],
    ['PORT', '-1', 'PORT must be a whole number from 0 to 65535, not "-1"'],
    ['PORT', '1e3', 'PORT must be a whole number from 0 to 65535, not "1e3"'],
    ['HOST', 'http://x', 'HOST must be a host name or an IP address'],
    [
      'DATABASE_URL',
      'not a url',
      'DATABASE_URL must be a URL that begins with postgres:// or postgresql://',
    ],
    [
      'DATABASE_URL',
      'mysql://me:secret@db/x',
      'DATABASE_URL must be a URL that begins with postgres:// or postgresql://',
    ],
    [
      'SLUICE_AI_PROVIDER',
      'no-such-provider',
      'SLUICE_AI_PROVIDER must be one of local, openai-compatible, anthropic, ' +
        'not "no-such-provider"',
    ],
    ['SLUICE_DEMO', 'yes\nPORT', 'SLUICE_DEMO must be 1 or 0, not "yes\\nPORT"'],
    [
      'SLUICE_OPERATOR_KEY',
      'short',
      'SLUICE_OPERATOR_KEY must be 16 to 200 characters without spaces',
    ],
    [
      'SLUICE_MAIL_FROM',
      'nobody',
      'SLUICE_MAIL_FROM must be a mail address, such as Sluice <credits@example.com>',
    ],
    [
      'SLUICE_POSTGRES_SHARED_BUFFERS',
      '1',
      'SLUICE_POSTGRES_SHARED_BUFFERS must be a size such as 256MB or 2GB',
    ],
  ])('%s=%s', (name, value, line) => {
    expect(faultsOf({ [name]: value })).toEqual([line])
  })
})

test('every wrong setting is told, not the first alone', () => {
  const faults = faultsOf({ PORT: 'x', SLUICE_LOG_LEVEL: 'loud', SLUICE_AI_PROVIDER: 'anthropic' })
  expect(faults.map((line) => line.split(' ')[0])).toEqual([
    'PORT',
    'SLUICE_LOG_LEVEL',
    'SLUICE_AI_MODEL',
    'SLUICE_AI_API_KEY',
  ])
})

test('a provider without what it needs is refused, and so is mail without a sender', () => {
  expect(faultsOf({ SLUICE_AI_PROVIDER: 'openai-compatible' })).toEqual([
    'SLUICE_AI_MODEL must be set with SLUICE_AI_PROVIDER=openai-compatible',
    'SLUICE_AI_BASE_URL must be set with SLUICE_AI_PROVIDER=openai-compatible',
  ])
  expect(faultsOf({ SLUICE_SMTP_URL: 'smtp://localhost' })).toEqual([
    'SLUICE_MAIL_FROM must be set with SLUICE_SMTP_URL',
  ])
})

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}
