import { z } from 'zod'
import { sparkText } from '../charts/ascii-chart.ts'
import { throwIfAborted } from '../core/errors.ts'
import { defineChannel, type Message } from './channel.ts'

/** Escape sequences in a title must not reach the terminal, nor may it turn its line around. */
const CONTROLS = /(?!\n)[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu
const INDENT = '    '

function safe(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\t', ' ').replace(CONTROLS, '')
}

function safeLine(text: string): string {
  return safe(text).replace(/\s+/g, ' ').trim()
}

function pretty(message: Message, width: number): string {
  const time = new Date(message.raisedAt).toISOString().replace('T', ' ').slice(0, 19)
  const names = Object.keys(message.tags).map(safeLine)
  const column = Math.min(24, Math.max(0, ...names.map((name) => name.length)))
  const lines = [
    `[${time} UTC] ${message.kind}: ${safeLine(message.title)}`,
    ...(message.recent === undefined || message.recent.length < 2
      ? []
      : [`${INDENT}${sparkText(message.recent, width)}`]),
    ...safe(message.text)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `${INDENT}${line.trimEnd()}`),
    ...Object.entries(message.tags).map(
      ([name, value]) => `${INDENT}${safeLine(name).padEnd(column)}  ${safeLine(value)}`,
    ),
    ...(message.link === undefined ? [] : [`${INDENT}${safeLine(message.link)}`]),
  ]
  return `${lines.join('\n')}\n`
}

/** Prints messages where the program runs. */
export const consoleChannel = defineChannel({
  name: 'console',
  summary: 'Prints the alert where Anomstack runs, with a line of block characters for the recent values.',
  options: z.strictObject({
    width: z
      .int()
      .min(10)
      .max(400)
      .default(60)
      .meta({ description: 'Most characters of the line of recent values.' }),
  }),
  example: {},
  create: ({ width }, { write }) => ({
    send: async (message, { signal }) => {
      throwIfAborted(signal)
      write(pretty(message, width))
    },
  }),
})
