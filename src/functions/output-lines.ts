import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

const LONGEST_LINE = 2_000
const MOST_LINES = 1_000

/** Passes on what comes out of the streams line by line; beyond 1,000 lines it says so once and throws the rest away. */
export function readOutput(streams: readonly Readable[], onLine: (line: string) => void): void {
  let count = 0
  const take = (line: string) => {
    count += 1
    if (count <= MOST_LINES) onLine(line)
    else if (count === MOST_LINES + 1) onLine(`… more than ${MOST_LINES} lines; the rest is left out`)
  }
  for (const stream of streams) {
    const decoder = new StringDecoder('utf8')
    let pending = ''
    let cut = false
    const add = (text: string) => {
      const room = LONGEST_LINE - pending.length
      if (text.length > room) cut = true
      pending += text.slice(0, room)
    }
    const end = () => {
      take(cut ? `${pending}…` : pending)
      pending = ''
      cut = false
    }
    stream.on('data', (chunk: Buffer) => {
      if (count > MOST_LINES) return
      const [first = '', ...others] = decoder.write(chunk).split('\n')
      add(first)
      for (const line of others) {
        end()
        add(line)
      }
    })
    stream.on('end', () => {
      if (pending !== '') end()
    })
    // A stream that breaks has nothing more to say.
    stream.on('error', () => undefined)
  }
}
