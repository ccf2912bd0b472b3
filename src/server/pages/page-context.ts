import type { Assets } from '../assets.ts'
import type { ServerContext } from '../context.ts'

/** What every page is made with. */
export interface PageContext extends ServerContext {
  readonly assets: Assets
  /** Since when the control database has been away, UTC epoch ms; undefined while it answers. */
  awaySince(): number | undefined
}
