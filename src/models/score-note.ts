/** What a score row remembers as metadata: the value that was judged, what was expected in its place, why, and when it was judged. */
export interface ScoreNote {
  readonly value: number
  readonly expected: number | null
  readonly lower: number | null
  readonly upper: number | null
  readonly reason: string
  /** Of models that decide when to alert: how strange the point is, from where on it alerts, and whether a new alert begins at it. */
  readonly strangeness?: number
  readonly level?: number
  readonly begins?: boolean
  /** UTC epoch ms. */
  readonly scored_at: number
}

/** The note of a score row; undefined for rows that have none (those that the original wrote). */
export function readScoreNote(metadata: string | undefined): ScoreNote | undefined {
  if (metadata === undefined || !metadata.startsWith('{')) return undefined
  try {
    const note = JSON.parse(metadata) as Partial<ScoreNote>
    return typeof note.value === 'number' && typeof note.scored_at === 'number'
      ? (note as ScoreNote)
      : undefined
  } catch {
    return undefined
  }
}
