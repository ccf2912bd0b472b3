/** What the address of a batch's page says. */
export interface BatchQuery {
  readonly last?: string
  readonly search?: string
  /** How many charts; ten more with every click. */
  readonly show?: number
  /** Show metrics without recent rows too. */
  readonly stale?: boolean
}
