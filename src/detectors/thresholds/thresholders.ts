import { aucp } from './aucp.ts'
import { chau } from './chau.ts'
import { dsn } from './dsn.ts'
import { evt } from './evt.ts'
import { fgd } from './fgd.ts'
import { fwfm } from './fwfm.ts'
import { gesd } from './gesd.ts'
import { hist } from './hist.ts'
import { iqr } from './iqr.ts'
import { karch } from './karch.ts'
import { medianDeviation } from './median-deviation.ts'
import { mtt } from './mtt.ts'
import { qmcd } from './qmcd.ts'
import { wind } from './wind.ts'
import { zScore } from './z-score.ts'

/** Finds the score above which a row is an outlier, from training scores alone. */
export interface Thresholder {
  /** PyThresh's name, where it has it. */
  readonly name: string
  readonly summary: string
  readonly source: string
  /** Equal scores give that score, so that none is above it; no scores give NaN. Never changes the scores. */
  threshold(this: void, scores: Float64Array): number
}

const pythresh = (file: string): string => `PyThresh 1.1.1 pythresh/thresholds/${file}.py`

/** All but EVT bring the scores to 0..1 first, as PyThresh does, so that most of them depend on the greatest score. */
export const thresholders: readonly Thresholder[] = [
  {
    name: 'IQR',
    summary: 'One and a half interquartile ranges above the upper quartile.',
    source: pythresh('iqr'),
    threshold: iqr,
  },
  {
    name: 'MAD',
    summary: 'A median absolute deviation, in standard deviations, above the mean.',
    source: pythresh('mad'),
    threshold: medianDeviation,
  },
  {
    name: 'ZSCORE',
    summary: 'One standard deviation above the mean.',
    source: pythresh('zscore'),
    threshold: zScore,
  },
  {
    name: 'EVT',
    summary: 'The quantile 0.999 of a generalised Pareto tail.',
    source:
      'Siffer, Fouque, Termier, Largouet: Anomaly detection in streams with extreme value theory (2017)',
    threshold: evt,
  },
  {
    name: 'GESD',
    summary: 'The least outlier of the generalised extreme Studentised deviate test.',
    source: `${pythresh('gesd')}; Rosner: Percentage points for a generalized ESD many-outlier procedure (1983)`,
    threshold: gesd,
  },
  {
    name: 'MTT',
    summary: 'The least outlier of the modified Thompson tau test.',
    source: pythresh('mtt'),
    threshold: mtt,
  },
  { name: 'CHAU', summary: "Chauvenet's criterion.", source: pythresh('chau'), threshold: chau },
  {
    name: 'HIST',
    summary: 'The foot of the histogram, by the triangle method.',
    source: pythresh('hist'),
    threshold: hist,
  },
  {
    name: 'QMCD',
    summary: 'A quantile by how unevenly the scores are spread.',
    source: pythresh('qmcd'),
    threshold: qmcd,
  },
  {
    name: 'KARCH',
    summary: 'A standard deviation above the Karcher mean.',
    source: pythresh('karch'),
    threshold: karch,
  },
  {
    name: 'AUCP',
    summary: 'Where little of the area of the density is left.',
    source: pythresh('aucp'),
    threshold: aucp,
  },
  {
    name: 'FGD',
    summary: 'Midway between the first two peaks of the density.',
    source: pythresh('fgd'),
    threshold: fgd,
  },
  {
    name: 'FWFM',
    summary: 'The width of the first great peak of the density.',
    source: pythresh('fwfm'),
    threshold: fwfm,
  },
  {
    name: 'DSN',
    summary: 'The distance of the distribution of the scores from a normal one.',
    source: pythresh('dsn'),
    threshold: dsn,
  },
  {
    name: 'WIND',
    summary: 'The mean turn between the density of the scores and a normal one.',
    source: pythresh('wind'),
    threshold: wind,
  },
]
