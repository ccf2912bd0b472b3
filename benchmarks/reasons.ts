/** Why a target is missed, by the name of the measurement; written by hand. */
export const REASONS: Readonly<Record<string, string>> = {
  '1,000 metrics x 2,500 points: train, score and alert, reads and writes included':
    'Fitting KNN takes 11 to 12 ms a metric, three quarters of training: some 450 distances a row at 4 ns each in scalar arithmetic.',
  'detect, 200,000 points of a CSV file':
    'Models are fitted anew every 500 points; more than half of the time is the neighbour search of KNN in those fits.',
}
