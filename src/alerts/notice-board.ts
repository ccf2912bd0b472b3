import type { Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { NewNotice, Notice, NoticeKind } from './notice.ts'

/** Puts notices on record and has them delivered to the channels that the server names. */
export interface NoticeBoard {
  /** True when this call was the one that put it up: nobody has told of it before. */
  open(notice: NewNotice): Promise<boolean>
  /** Ends a notice, and tells so when there is something to tell. */
  resolve(notice: Notice, recovery?: Pick<Notice, 'title' | 'text' | 'link'>): Promise<void>
  /** By subject. */
  opened(kind: NoticeKind): Promise<ReadonlyMap<string, Notice>>
}

export interface NoticeBoardOptions {
  readonly control: Pick<Control, 'notices'>
  readonly clock: Clock
  readonly logger: Logger
  /** Names of the channels to tell, of those that are configured. */
  readonly channels: () => readonly string[]
  readonly redact: (text: string) => string
  /** Called when there is something to deliver. */
  readonly raised: () => void
}

const LONGEST_TITLE = 300
const LONGEST_TEXT = 6_000
const LONGEST_SUBJECT = 1_000

export function createNoticeBoard(options: NoticeBoardOptions): NoticeBoard {
  const { clock, logger } = options
  const { notices } = options.control

  function short(text: string, length: number): string {
    const shown = options.redact(text)
    return shown.length <= length ? shown : `${shown.slice(0, length - 1)}…`
  }

  function said<Told extends { readonly title: string; readonly text: string }>(told: Told): Told {
    const title = short(told.title.replace(/\s+/g, ' '), LONGEST_TITLE)
    return { ...told, title, text: short(told.text, LONGEST_TEXT) }
  }

  return {
    async open(notice) {
      const subject = notice.subject.slice(0, LONGEST_SUBJECT)
      const opened = await notices.open(
        { ...said(notice), subject },
        { now: clock.now(), channels: options.channels() },
      )
      if (opened === undefined) return false
      logger.log('warn', 'notice', { kind: opened.kind, subject, title: opened.title })
      options.raised()
      return true
    },

    async resolve({ id, kind, subject }, recovery) {
      const resolved = await notices.resolve(id, {
        now: clock.now(),
        channels: options.channels(),
        ...(recovery === undefined ? {} : { recovery: said(recovery) }),
      })
      if (resolved === undefined) return
      if (resolved.phase === 'resolved')
        logger.log('info', 'notice', { kind, subject, title: resolved.title })
      options.raised()
    },

    opened: async (kind) => new Map((await notices.opened(kind)).map((notice) => [notice.subject, notice])),
  }
}
