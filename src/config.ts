import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { type Failpoint, type Failure, readFailpoints } from './platform/failpoints.ts'

/** Every setting that Sluice reads from the environment; an empty one counts as unset. */
export const settings = z.object({
  PORT: wholeNumber(0, 65_535, 4747).describe(
    'The TCP port it listens on; 0 takes any free one. Default 4747.',
  ),
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/, { error: 'must be a host name or an IP address' })
    .default('127.0.0.1')
    .describe('The address it listens on; 0.0.0.0 or :: for all. Default 127.0.0.1.'),
  DATABASE_URL: url('postgres', 'postgresql')
    .optional()
    .describe('A PostgreSQL (15 or newer) to use in place of the embedded one.'),
  SLUICE_DATA_DIR: z
    .string()
    .default('./data')
    .transform((folder) => resolve(folder))
    .describe('The folder of the embedded database and of the secrets. Default ./data.'),
  SLUICE_OPERATOR_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/, { error: 'must be 16 to 200 characters without spaces' })
    .optional()
    .describe(
      'The key that may create companies. Default: made at the first start, kept in the data ' +
        'folder, printed once.',
    ),
  SLUICE_SECRET_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/, { error: 'must be 16 to 200 characters without spaces' })
    .optional()
    .describe(
      'What passwords of mailboxes and credentials of connectors are sealed with; the same on every ' +
        'server. Default: made at the first start, kept in the data folder.',
    ),
  SLUICE_SMTP_URL: url('smtp', 'smtps')
    .optional()
    .describe('The mail server. Default: none, mail is kept and shown in the app.'),
  SLUICE_MAIL_FROM: z
    .string()
    .regex(/^(?:[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, {
      error: 'must be a mail address, such as Sluice <credits@example.com>',
    })
    .optional()
    .describe('The sender of mail; needed with SLUICE_SMTP_URL.'),
  SLUICE_AI_PROVIDER: oneOf(['local', 'openai-compatible', 'anthropic'], 'local').describe(
    'Who answers AI features: local (offline rules), openai-compatible, anthropic. Default local.',
  ),
  SLUICE_AI_MODEL: z
    .string()
    .optional()
    .describe('The name of the model; needed for every provider but local.'),
  SLUICE_AI_BASE_URL: url('http', 'https')
    .optional()
    .describe("The address of the provider's API; needed for openai-compatible."),
  SLUICE_AI_API_KEY: z
    .string()
    .optional()
    .describe(
      "The provider's key; needed for anthropic, and where openai-compatible asks for one.",
    ),
  SLUICE_DEMO: flag().describe('1: an empty server makes a demo company. Default off.'),
  SLUICE_OUTBOUND_PRIVATE: flag().describe(
    '1: webhooks and mailboxes may use plain connections and private addresses. Default off.',
  ),
  SLUICE_PUBLIC_URL: url('http', 'https')
    .optional()
    .describe(
      'The address people reach it at, for links in mail and OAuth. Default: where it listens.',
    ),
  SLUICE_TRUSTED_PROXIES: addresses()
    .optional()
    .describe(
      'The addresses of reverse proxies, as 10.0.0.7 or 10.0.0.0/8, separated by commas: what they say ' +
        'in X-Forwarded-For counts as where a request came from. Default: nobody is believed.',
    ),
  SLUICE_MCP_PER_MINUTE: wholeNumber(1, 1_000_000, 240).describe(
    'How many MCP requests one key or connection may send a minute to one process. Default 240.',
  ),
  SLUICE_KEY_PER_SECOND: wholeNumber(0, 1_000_000, 0).describe(
    'How many requests a second one key or signed-in person may send to one process, ten seconds of them ' +
      'at once; 0 for no limit. Default 0.',
  ),
  SLUICE_SESSION_IDLE_MINUTES: wholeNumber(1, 10_080, 30).describe(
    'How long a signed-in person may do nothing before the session ends. Default 30.',
  ),
  SLUICE_SESSION_HOURS: wholeNumber(1, 720, 12).describe(
    'How long a session lasts at most, in hours. Default 12.',
  ),
  SLUICE_MCP_KEY: z
    .string()
    .optional()
    .describe('The API key under which the command mcp serves MCP on standard input and output.'),
  SLUICE_LOG_LEVEL: oneOf(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'info',
  ).describe('The least grave thing that is logged. Default info.'),
  SLUICE_DB_POOL: wholeNumber(4, 1000, 20).describe(
    'The most connections one process opens to PostgreSQL. Default 20.',
  ),
  SLUICE_WORKER_CONCURRENCY: wholeNumber(1, 500, 8).describe(
    'How many jobs one process works on at once. Default 8.',
  ),
  SLUICE_POSTGRES_PORT: wholeNumber(0, 65_535, 0).describe(
    'The port of the embedded PostgreSQL on 127.0.0.1; 0 keeps the last one or takes any. Default 0.',
  ),
  SLUICE_POSTGRES_SHARED_BUFFERS: z
    .string()
    .regex(/^[1-9]\d*(?:MB|GB)$/, { error: 'must be a size such as 256MB or 2GB' })
    .default('256MB')
    .describe('The memory the embedded PostgreSQL keeps pages in. Default 256MB.'),
  SLUICE_FAILPOINTS: failures()
    .optional()
    .describe(
      'For tests of Sluice itself: places at which it dies or fails, such as tracker.read=kill@3. Refused ' +
        'with NODE_ENV=production. Default: none.',
    ),
})

type Settings = z.infer<typeof settings>

/** What a start needs to know, checked and with every default filled in. */
export interface Config {
  port: number
  host: string
  /** Undefined: the embedded PostgreSQL is used. */
  databaseUrl: string | undefined
  databasePool: number
  /** Absolute. */
  dataDir: string
  operatorKey: string | undefined
  secretKey: string | undefined
  /** Undefined: mail is kept and shown in the app. */
  mail: { smtpUrl: string; from: string } | undefined
  ai: AiConfig
  demo: boolean
  outboundPrivate: boolean
  /** Without a slash at its end. */
  publicUrl: string | undefined
  /** Whose `X-Forwarded-For` is believed: addresses, or ranges of them. */
  trustedProxies: readonly string[]
  mcpPerMinute: number
  /** Of one credential, to one process; 0 for no limit. */
  requestsPerSecond: number
  /** How long people stay signed in. */
  sessions: { idleMs: number; longestMs: number }
  /** Whose MCP requests on standard input are. */
  mcpKey: string | undefined
  logLevel: Settings['SLUICE_LOG_LEVEL']
  workerConcurrency: number
  postgres: { port: number; sharedBuffers: string }
  /** Where a test has it die or fail; undefined but in tests. */
  failpoints: ReadonlyMap<Failpoint, Failure> | undefined
}

export type AiConfig =
  | { provider: 'local' }
  | { provider: 'openai-compatible'; model: string; baseUrl: string; apiKey: string | undefined }
  | { provider: 'anthropic'; model: string; baseUrl: string | undefined; apiKey: string }

/** Settings that cannot be used; the message has one line for each, beginning with its name. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** Reads the configuration. Throws a `ConfigError` that tells all faults at once. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '')
  const known = Object.fromEntries(given.filter(([name]) => Object.hasOwn(settings.shape, name)))
  const parsed = settings.safeParse(known)
  const faults = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${String(path[0])} ${message}`),
    ...missingSettings(known),
    ...(known.SLUICE_FAILPOINTS !== undefined && env.NODE_ENV === 'production'
      ? ['SLUICE_FAILPOINTS must not be set with NODE_ENV=production']
      : []),
  ]
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults)

  const { data } = parsed
  return {
    port: data.PORT,
    host: data.HOST,
    databaseUrl: data.DATABASE_URL,
    databasePool: data.SLUICE_DB_POOL,
    dataDir: data.SLUICE_DATA_DIR,
    operatorKey: data.SLUICE_OPERATOR_KEY,
    secretKey: data.SLUICE_SECRET_KEY,
    mail: data.SLUICE_SMTP_URL
      ? { smtpUrl: data.SLUICE_SMTP_URL, from: needed(data.SLUICE_MAIL_FROM) }
      : undefined,
    ai: aiConfig(data),
    demo: data.SLUICE_DEMO,
    outboundPrivate: data.SLUICE_OUTBOUND_PRIVATE,
    publicUrl: data.SLUICE_PUBLIC_URL?.replace(/\/+$/, ''),
    trustedProxies: data.SLUICE_TRUSTED_PROXIES ?? [],
    mcpPerMinute: data.SLUICE_MCP_PER_MINUTE,
    requestsPerSecond: data.SLUICE_KEY_PER_SECOND,
    sessions: {
      idleMs: data.SLUICE_SESSION_IDLE_MINUTES * 60_000,
      longestMs: data.SLUICE_SESSION_HOURS * 3_600_000,
    },
    mcpKey: data.SLUICE_MCP_KEY,
    logLevel: data.SLUICE_LOG_LEVEL,
    workerConcurrency: data.SLUICE_WORKER_CONCURRENCY,
    postgres: {
      port: data.SLUICE_POSTGRES_PORT,
      sharedBuffers: data.SLUICE_POSTGRES_SHARED_BUFFERS,
    },
    failpoints: data.SLUICE_FAILPOINTS,
  }
}

/** Settings that another setting makes necessary. */
const companions: { when: string; is?: string; needs: readonly string[] }[] = [
  { when: 'SLUICE_SMTP_URL', needs: ['SLUICE_MAIL_FROM'] },
  {
    when: 'SLUICE_AI_PROVIDER',
    is: 'openai-compatible',
    needs: ['SLUICE_AI_MODEL', 'SLUICE_AI_BASE_URL'],
  },
  {
    when: 'SLUICE_AI_PROVIDER',
    is: 'anthropic',
    needs: ['SLUICE_AI_MODEL', 'SLUICE_AI_API_KEY'],
  },
]

function missingSettings(known: Record<string, string | undefined>): string[] {
  return companions
    .filter(({ when, is }) => (is === undefined ? known[when] !== undefined : known[when] === is))
    .flatMap(({ when, is, needs }) =>
      needs
        .filter((name) => known[name] === undefined)
        .map((name) => `${name} must be set with ${when}${is === undefined ? '' : `=${is}`}`),
    )
}

function aiConfig(data: Settings): AiConfig {
  const { SLUICE_AI_MODEL: model, SLUICE_AI_BASE_URL: baseUrl, SLUICE_AI_API_KEY: apiKey } = data
  switch (data.SLUICE_AI_PROVIDER) {
    case 'local':
      return { provider: 'local' }
    case 'openai-compatible':
      return {
        provider: 'openai-compatible',
        model: needed(model),
        baseUrl: needed(baseUrl),
        apiKey,
      }
    case 'anthropic':
      return { provider: 'anthropic', model: needed(model), baseUrl, apiKey: needed(apiKey) }
  }
}

/** A value whose absence `missingSettings` has told already. */
function needed(value: string | undefined): string {
  if (value === undefined) throw new Error('a needed setting is missing, and nothing told so')
  return value
}

function wholeNumber(from: number, to: number, fallback: number) {
  return z
    .string()
    .default(String(fallback))
    .transform((text, context) => {
      const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      if (number >= from && number <= to) return number
      context.addIssue(`must be a whole number from ${from} to ${to}, not ${quote(text)}`)
      return z.NEVER
    })
}

function oneOf<const Name extends string>(names: readonly [Name, ...Name[]], fallback: Name) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const found = names.find((name) => name === text)
      if (found !== undefined) return found
      context.addIssue(`must be one of ${names.join(', ')}, not ${quote(text)}`)
      return z.NEVER
    })
}

function flag() {
  return z
    .string()
    .default('0')
    .transform((text, context) => {
      if (['1', 'true', '0', 'false'].includes(text)) return text === '1' || text === 'true'
      context.addIssue(`must be 1 or 0, not ${quote(text)}`)
      return z.NEVER
    })
}

/** The value is never told: it may hold a password. */
function url(...schemes: string[]) {
  return z
    .string()
    .refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), {
      error: `must be a URL that begins with ${schemes.map((name) => `${name}://`).join(' or ')}`,
    })
}

function addresses() {
  return z.string().transform((text, context) => {
    const found = text.split(',').map((one) => one.trim())
    const wrong = found.find((one) => !ipaddr.isValid(one) && !ipaddr.isValidCIDR(one))
    if (wrong === undefined) return found
    context.addIssue(`must be IP addresses or ranges, separated by commas, not ${quote(wrong)}`)
    return z.NEVER
  })
}

function failures() {
  return z.string().transform((text, context) => {
    const read = readFailpoints(text)
    if (read !== undefined) return read
    context.addIssue(`must be failpoints, as tracker.read=kill@3, not ${quote(text)}`)
    return z.NEVER
  })
}

/** On one line, and no longer than it takes to recognise it. */
function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
