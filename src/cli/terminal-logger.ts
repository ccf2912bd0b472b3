import pino from 'pino'
import type { Logger, LogLevel } from '../core/logger.ts'
import { printable } from './paint.ts'

const COLOURS: Readonly<Record<LogLevel, string>> = {
  debug: '\u001b[2m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}
const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Logs to standard error: short lines for people on a terminal, one JSON object a line elsewhere. Secrets are taken out of everything. */
export function createTerminalLogger(options: {
  readonly least: LogLevel
  readonly redact: (text: string) => string
}): Logger {
  const { least, redact } = options
  const wanted = (level: LogLevel) => ORDER.indexOf(level) >= ORDER.indexOf(least)
  if (process.stderr.isTTY) {
    return {
      log(level, message, fields = {}) {
        if (!wanted(level)) return
        const time = new Date().toTimeString().slice(0, 8)
        const rest = Object.entries(fields).map(
          ([key, value]) => `${key}=${typeof value === 'string' ? printable(value) : JSON.stringify(value)}`,
        )
        process.stderr.write(
          redact(
            `\u001b[2m${time}\u001b[0m ${COLOURS[level]}${level.padEnd(5)}\u001b[0m ${printable(message)} \u001b[2m${rest.join(' ')}\u001b[0m\n`,
          ),
        )
      },
    }
  }
  const log = pino(
    { level: least, base: null },
    { write: (line: string) => void process.stderr.write(redact(line)) },
  )
  return { log: (level, message, fields = {}) => log[level](fields, message) }
}
