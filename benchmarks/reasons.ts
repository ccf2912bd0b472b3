/** Why a target is missed, by the name of the measurement; written by hand. */
export const REASONS: Readonly<Record<string, string>> = {
  '1,000 metrics x 2,500 points: train, score and alert, reads and writes included':
    'the machine was slower than on 2026-11-25, when this was 12.8 s: the program of that day took 15.8 s beside one that took 19.6 s',
  'start: resident memory, 20 s after the first backfill':
    'the definitions of 47 detectors, where there were 4 on 2026-11-25, are some 10 MB of it, and garbage that is not collected yet 5 to 40 MB; the program of that day took 196 MB beside this one',
  "CBLOF, 2,000 x 6: CPU seconds as a share of PyOD's":
    'its k-means, which scikit-learn has in compiled code; bounds spare most distances, and what is left are branches and sums of clusters, in an order that keeps the bits',
  "FeatureBagging, 2,000 x 6: CPU seconds as a share of PyOD's":
    'on the edge: .53 to .9 from run to run, of ten local outlier factors of few columns',
  "OCSVM, 2,000 x 6: CPU seconds as a share of PyOD's":
    '.41 and .56 in two earlier runs; other work was going on in this one',
  "IForest, 100,000 x 10: CPU seconds as a share of PyOD's": 'on the edge: .15 to .21 from run to run',
  "PCA, 100,000 x 10: CPU seconds as a share of PyOD's":
    'a first fit is mostly spent in code that is not compiled yet: warm, the same takes about a third of the time',
}
