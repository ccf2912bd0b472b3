import type { Assets } from '../assets.ts'
import type { ServerContext } from '../context.ts'

/** What every page is made with. */
export interface PageContext extends ServerContext {
  readonly assets: Assets
}
