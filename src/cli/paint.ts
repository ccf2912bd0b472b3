import type { WriteStream } from 'node:tty'

/** Colours for people: nothing but the text itself where the stream is no terminal, or one without colours. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

/** Colours that suit a stream; `NO_COLOR` and `FORCE_COLOR` are honoured. */
export function paintFor(stream: Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>): Paint {
  const coloured = stream.isTTY === true && stream.hasColors?.() === true
  const wrap = (on: number, off: number) => (text: string) =>
    coloured && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
    cyan: wrap(36, 39),
  }
}

/** Text of others without what would move the cursor or turn a line around; line ends stay. */
export function printable(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/(?!\n)[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, ' ')
}
