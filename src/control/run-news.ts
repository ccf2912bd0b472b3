import type { RunStore } from './control.ts'

/** How processes let each other know of runs. */
export type RunNews = Pick<RunStore, 'announce' | 'listen'>

/** Of an engine that cannot pass anything on. */
export const noNews: RunNews = {
  announce: () => Promise.resolve(),
  listen: () => Promise.resolve(() => Promise.resolve()),
}
