import { pino } from 'pino'

export type Logger = pino.Logger

/** The process's log: one JSON object a line on standard error, control characters escaped, no secrets. */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['req.headers.authorization', 'req.headers.cookie'], remove: true },
    },
    pino.destination({ fd: 2, sync: true }),
  )
}
