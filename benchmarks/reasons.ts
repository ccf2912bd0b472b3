/** Why a target is missed, by the name of the measurement; written by hand. */
export const REASONS: Readonly<Record<string, string>> = {
  '1,000 metrics x 2,500 points: train, score and alert, reads and writes included':
    'the machine was slower than on 2026-11-25, when this was 12.8 s: the program of that day took 15.8 s beside this one',
  '1,000 metrics x 2,500 points: largest resident memory':
    'scores come with notes of what the model said, which trainings and alerts read',
  'start: resident memory, 20 s after the first backfill':
    'models of `auto` hold the means of their past at eight scales while they judge',
}
