/** The original's preprocessing parameters, see `config/batch-settings.ts` for their defaults. */
export interface PreprocessParams {
  readonly diff_n: number
  readonly smooth_n: number
  readonly lags_n: number
  readonly freq: string | null
  readonly freq_agg: 'mean' | 'sum'
}
