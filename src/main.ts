import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { settleAlerts } from './alerts/service/restored.ts'
import { settleSessions } from './companies/service/sessions.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { prepareDemo } from './demo/prepare.ts'
import { doctor, lineOf } from './doctor/service.ts'
import { type House, type HouseOverrides, openHouse } from './house.ts'
import { backUp } from './platform/backup.ts'
import { findRunningPostgres, startPostgres } from './platform/embedded-postgres.ts'
import { armFailpoints } from './platform/failpoints.ts'
import { createLog, type Logger } from './platform/log.ts'
import { migrate } from './platform/migrate.ts'
import { readOperatorKey } from './platform/operator-key.ts'
import { ownerSnapshot, ownerTransaction } from './platform/owner-snapshot.ts'
import { RestoreError, restore } from './platform/restore.ts'
import type { Run } from './platform/run.ts'
import { readSecretKey } from './platform/secret-box.ts'

/** What sysexits.h calls a configuration error. */
const WRONG_SETTING = 78
const DRAIN_MAX_MS = 25_000

const program = new Command('sluice').description("A company's shared pool of AI credits.")
program
  .command('serve', { isDefault: true })
  .description('Serve the API and work on jobs; the default.')
  .action(() => run((config, log) => serve(config, log)))
program
  .command('work')
  .description('Work on jobs only.')
  .action(() => run((config, log) => work(config, log)))
program
  .command('demo')
  .description('Serve; an empty server first makes a demo company with ten months of use.')
  .action(() => run((config, log) => serve({ ...config, demo: true }, log)))
program
  .command('mcp')
  .description('Serve MCP on standard input and output, under the key in SLUICE_MCP_KEY.')
  .action(() => run((config, log) => serveMcp(config, log)))
program
  .command('migrate')
  .description('Bring the database up to date and end.')
  .action(() => run((config, log) => onDatabase(config, log, async () => {})))
program
  .command('doctor')
  .description('Check everything against the ledger: exit 0 clean, 1 findings, 2 could not look.')
  .option('--json', 'print the findings as JSON')
  .action(({ json }: { json?: boolean }) => examine(json ?? false))
program
  .command('backup <file>')
  .description('Write all rows, as they are at one moment, into one file; servers may go on.')
  .action((file: string) => run((config, log) => keepBackup(config, log, file)))
program
  .command('restore <file>')
  .description('Fill an empty database with a backup, let nothing leave twice, and check it all.')
  .action((file: string) => run((config, log) => restoreBackup(config, log, file)))
program
  .command('restored')
  .description('After a restore by other means: let nothing leave twice. No server may run yet.')
  .action(() => run((config, log) => settleRestored(config, log)))

await program.parseAsync()

async function serve(config: Config, log: Logger): Promise<void> {
  await onDatabase(config, log, async (databaseUrl, stopped) => {
    const demo = config.demo ? await playDemo(config, log, databaseUrl, stopped) : []
    const house = await furnish(config, log, databaseUrl)
    try {
      await house.startWork(config.workerConcurrency)
      const address = await listenAt(house, config)
      console.log([`Sluice listens on ${config.publicUrl ?? address}`, ...demo].join('\n'))
      await stopped
    } finally {
      house.drain()
      await house.close()
    }
  })
}

/** Gives the address; what cannot be listened on is a wrong setting, whatever the system says of it. */
function listenAt({ app }: House, { port, host }: Config): Promise<string> {
  return app.listen({ port, host }).catch((error: Error) => {
    throw new ConfigError([`PORT and HOST cannot be listened on: ${error.message}`])
  })
}

async function work(config: Config, log: Logger): Promise<void> {
  await onDatabase(config, log, async (databaseUrl, stopped) => {
    const house = await furnish(config, log, databaseUrl)
    try {
      await house.startWork(config.workerConcurrency)
      console.log('Sluice works on jobs')
      await stopped
    } finally {
      await house.close()
    }
  })
}

/** Speaks MCP with whoever started it, on the database of a running server or its own. */
async function serveMcp(config: Config, log: Logger): Promise<void> {
  const { mcpKey } = config
  if (mcpKey === undefined) throw new ConfigError(['SLUICE_MCP_KEY is needed for this'])
  const databaseUrl = config.databaseUrl ?? (await findRunningPostgres(config.dataDir))
  // Nobody calls by HTTP, and standard output belongs to the protocol: no key is made or printed.
  const operatorKey = config.operatorKey ?? randomUUID()
  await onDatabase({ ...config, databaseUrl }, log, async (url, stopped) => {
    const secretKey = config.secretKey ?? randomUUID()
    const house = await furnish({ ...config, operatorKey, secretKey }, log, url)
    try {
      await Promise.race([house.serveMcp(mcpKey), stopped])
    } finally {
      await house.close()
    }
  })
}

/** Looks at the database that serves, or at the embedded one when nobody does. */
async function examine(asJson: boolean): Promise<void> {
  try {
    const { databaseUrl, dataDir, logLevel } = readConfig(process.env)
    const url = databaseUrl ?? (await findRunningPostgres(dataDir))
    if (!url && !existsSync(dataDir)) throw new Error(`there is no database in ${dataDir}`)
    const embedded = url ? undefined : await startPostgres({ dataDir, log: createLog(logLevel) })
    const findings = await ownerSnapshot(url ?? embedded!.url, (run) => doctor({ run })).finally(
      () => embedded?.stop(),
    )
    if (asJson) console.log(JSON.stringify(findings, null, 2))
    else console.log(findings.length > 0 ? findings.map(lineOf).join('\n') : 'Nothing is wrong.')
    process.exit(findings.length > 0 ? 1 : 0)
  } catch (error) {
    console.error(`The doctor could not look: ${(error as Error).message}`)
    process.exit(2)
  }
}

async function keepBackup(
  { databaseUrl, dataDir }: Config,
  log: Logger,
  file: string,
): Promise<void> {
  const url = databaseUrl ?? (await findRunningPostgres(dataDir))
  if (!url && !existsSync(dataDir)) throw new Error(`there is no database in ${dataDir}`)
  const embedded = url ? undefined : await startPostgres({ dataDir, log })
  const kept = await backUp(url ?? embedded!.url, file).finally(() => embedded?.stop())
  const rows = Object.values(kept.rows).reduce((sum, count) => sum + count, 0)
  console.log(`${file} has ${rows} rows as of ${kept.takenAt}.`)
}

/** What is restored is looked at by the doctor before anybody may believe it. */
async function restoreBackup(config: Config, log: Logger, file: string): Promise<void> {
  await onOwnDatabase(config, log, async (url) => {
    let waiting = { mails: 0, messages: 0 }
    const { takenAt } = await restore(url, file, async (own) => {
      waiting = await settle(own)
    }).catch((error: Error) => {
      throw error instanceof RestoreError ? new ConfigError([error.message]) : error
    })
    const findings = await ownerSnapshot(url, (own) => doctor({ run: own }))
    console.log(`Restored as of ${takenAt}. ${settledLine(waiting)}`)
    if (findings.length > 0) throw new Error(`\n${findings.map(lineOf).join('\n')}`)
    console.log('Nothing is wrong.')
  })
}

async function settleRestored(config: Config, log: Logger): Promise<void> {
  await onOwnDatabase(config, log, async (url) => {
    await migrate(url)
    console.log(settledLine(await ownerTransaction(url, settle)))
  })
}

async function settle(own: Run): Promise<{ mails: number; messages: number }> {
  await settleSessions(own)
  return settleAlerts(own)
}

function settledLine({ mails, messages }: { mails: number; messages: number }): string {
  return `Not sent of what waited: mails ${mails}, webhook messages ${messages}. All sessions have ended.`
}

/** Makes the demo's company on an empty server; what tells how to get in is printed after the address. */
async function playDemo(
  config: Config,
  log: Logger,
  databaseUrl: string,
  stopped: Promise<void>,
): Promise<string[]> {
  const { operatorKey: configured, dataDir } = config
  const operatorKey = await readOperatorKey({ configured, dataDir })
  let isStopped = false
  void stopped.then(() => {
    isStopped = true
  })
  return prepareDemo({
    ...{ dataDir, operatorKey, isStopped: () => isStopped },
    // Its people are made up, so nothing is mailed to them.
    openHouse: (clock) => furnish({ ...config, mail: undefined }, log, databaseUrl, { clock }),
  })
}

async function furnish(
  config: Config,
  log: Logger,
  databaseUrl: string,
  overrides: HouseOverrides = {},
): Promise<House> {
  const { operatorKey: configured, dataDir, databasePool, publicUrl, sessions, ai } = config
  const { trustedProxies, mcpPerMinute, requestsPerSecond } = config
  const operatorKey = await readOperatorKey({ configured, dataDir })
  const secretKey = await readSecretKey({ configured: config.secretKey, dataDir })
  const { mail, outboundPrivate } = config
  const spoolDir = join(dataDir, 'imports')
  const outward = {
    publicUrl,
    mail,
    outboundPrivate,
    trustedProxies,
    mcpPerMinute,
    requestsPerSecond,
  }
  return openHouse(
    { databaseUrl, databasePool, operatorKey, secretKey, sessions, ai, spoolDir, ...outward },
    { log, ...overrides },
  )
}

/** Does something on a migrated database: the configured one, else the embedded one while it lasts. */
async function onDatabase(
  config: Config,
  log: Logger,
  action: (databaseUrl: string, stopped: Promise<void>) => Promise<void>,
): Promise<void> {
  await onOwnDatabase(config, log, async (url, stopped) => {
    await migrate(url).catch((error: Error & { code?: string }) => {
      if (!config.databaseUrl || !/^(E[A-Z]+|28...|3D000|57P03)$/.test(error.code ?? ''))
        throw error
      throw new ConfigError([`DATABASE_URL cannot be used: ${error.message || error.code}`])
    })
    await action(url, stopped)
  })
}

/** Does something on a database as it is found, which may be empty. */
async function onOwnDatabase(
  { databaseUrl, dataDir, postgres: { port, sharedBuffers } }: Config,
  log: Logger,
  action: (databaseUrl: string, stopped: Promise<void>) => Promise<void>,
): Promise<void> {
  const stopped = whenStopped(log)
  const embedded =
    databaseUrl === undefined
      ? await startPostgres({
          ...{ dataDir, log, settings: { shared_buffers: sharedBuffers } },
          port: port || undefined,
        })
      : undefined
  try {
    embedded?.onExit((error) => fail(error))
    await action(databaseUrl ?? embedded!.url, stopped)
  } finally {
    await embedded?.stop()
  }
}

/** Ends when the process is told to; told again a while later, it ends at once. */
function whenStopped(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let toldAt: number | undefined
    const stop = (signal: string) => {
      // A group and its leader may both pass the same signal on, so twice at once is once.
      if (toldAt !== undefined && performance.now() - toldAt > 1_000) process.exit(1)
      if (toldAt !== undefined) return
      toldAt = performance.now()
      log.info({ signal }, 'Stopping')
      setTimeout(() => process.exit(1), DRAIN_MAX_MS).unref()
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}

async function run(action: (config: Config, log: Logger) => Promise<void>): Promise<void> {
  try {
    const config = readConfig(process.env)
    const log = createLog(config.logLevel)
    if (config.failpoints) {
      armFailpoints(config.failpoints)
      log.warn({ failpoints: [...config.failpoints.keys()] }, 'It will fail on purpose')
    }
    await action(config, log)
    process.exit(0)
  } catch (error) {
    fail(error as Error)
  }
}

/** Tells in a line or a few why it ends. */
function fail(error: Error): never {
  console.error(`Sluice stops: ${error.message || String(error)}`)
  if (process.env.SLUICE_LOG_LEVEL === 'debug') console.error(error.stack)
  process.exit(error instanceof ConfigError ? WRONG_SETTING : 1)
}
