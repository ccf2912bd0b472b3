import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { averagePrecision } from '../../../benchmarks/quality/average-precision.ts'
import { bufferLength } from '../../../benchmarks/quality/buffer-length.ts'
import { vusPr } from '../../../benchmarks/quality/vus-pr.ts'
import { labelsOf, type PointWindow, windowsOf } from '../../../benchmarks/quality/windows.ts'
import { createRandom, type Random } from '../../../src/core/random.ts'

interface Golden {
  readonly cases: readonly {
    readonly windows: readonly PointWindow[]
    readonly buffer: number
    readonly scores: readonly number[]
    readonly vusPr: number
    readonly averagePrecision: number
  }[]
}

const { cases } = JSON.parse(readFileSync(new URL('scorers.golden.json', import.meta.url), 'utf8')) as Golden

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
const mass = (numbers: readonly number[], where: readonly boolean[]) =>
  sum(numbers.filter((_, i) => where[i]))

/** The same volume from its definition: each buffer and each threshold by itself. */
function slowVusPr(scores: Float64Array, labels: Uint8Array, longestBuffer: number): number {
  const points = scores.length
  const known = Array.from(scores, (score) => (Number.isNaN(score) ? -Infinity : score))
  const ranked = known.toSorted((a, b) => b - a)
  const thresholds = Array.from({ length: 250 }, (_, k) => ranked[Math.floor((k * (points - 1)) / 249)]!)
  const windows = windowsOf(labels)
  const areas = Array.from({ length: longestBuffer + 1 }, (_, buffer) => {
    const half = Math.floor(buffer / 2)
    const weights = Array.from({ length: points }, (__, i) => {
      const parts = windows.map(({ first, last }) => {
        const distance = Math.max(first - i, i - last, 0)
        return distance === 0 ? 1 : distance <= half ? Math.sqrt(1 - distance / buffer) : 0
      })
      return Math.min(1, sum(parts))
    })
    const stretches: PointWindow[] = []
    for (const window of windows) {
      const before = stretches.at(-1)
      const [first, last] = [Math.max(0, window.first - half), window.last + half]
      if (before !== undefined && before.last >= first)
        stretches[stretches.length - 1] = { first: before.first, last }
      else stretches.push({ first, last })
    }
    let area = 0
    let recallBefore = 0
    for (const threshold of thresholds) {
      const predicted = known.map((score) => score >= threshold)
      const hits = mass(weights, predicted)
      const wanted = weights.map((weight, i) => (labels[i] === 1 ? 1 : predicted[i] ? weight : 0))
      const positives = (sum([...labels]) + sum(wanted)) / 2
      const existing = stretches.filter(({ first, last }) => predicted.slice(first, last + 1).includes(true))
      const recall = Math.min(1, hits / positives) * (existing.length / stretches.length)
      area += (recall - recallBefore) * (hits / predicted.filter(Boolean).length)
      recallBefore = recall
    }
    return area
  })
  return sum(areas) / areas.length
}

function randomScores(random: Random, points: number): Float64Array {
  const steps = 1 + random.int(50)
  return Float64Array.from({ length: points }, () =>
    random.next() < 0.1 ? Number.NaN : random.int(steps) / steps,
  )
}

function randomLabels(random: Random, points: number): Uint8Array {
  const labels = new Uint8Array(points)
  for (let k = 0; k < 3; k++) {
    const first = random.int(points)
    labels.fill(1, first, first + 1 + random.int(20))
  }
  return labels
}

describe('average precision', () => {
  it('is what scikit-learn says', () => {
    for (const { scores, windows, averagePrecision: wanted } of cases)
      expect(averagePrecision(Float64Array.from(scores), labelsOf(scores.length, windows))).toBeCloseTo(
        wanted,
        12,
      )
  })

  it('takes points of one score together, and those without a score last', () => {
    const labels = Uint8Array.of(1, 0, 1, 0)
    expect(averagePrecision(Float64Array.of(0.9, 0.8, 0.7, 0.6), labels)).toBeCloseTo((1 + 2 / 3) / 2, 12)
    expect(averagePrecision(Float64Array.of(0.5, 0.5, 0.5, 0.5), labels)).toBeCloseTo(0.5, 12)
    expect(averagePrecision(Float64Array.of(Number.NaN, 0.1, 0.9, 0.2), labels)).toBeCloseTo(
      (1 + 0.5) / 2,
      12,
    )
  })

  it('has no value without a label', () => {
    expect(averagePrecision(Float64Array.of(1, 2), new Uint8Array(2))).toBeNaN()
    expect(averagePrecision(new Float64Array(0), new Uint8Array(0))).toBeNaN()
  })
})

describe('the volume under the surface', () => {
  it('is what the package vus says', () => {
    for (const { scores, windows, buffer, vusPr: wanted } of cases)
      expect(vusPr(Float64Array.from(scores), labelsOf(scores.length, windows), buffer)).toBeCloseTo(
        wanted,
        12,
      )
  })

  it('is that of its definition for random scores', () => {
    const random = createRandom(2)
    for (let trial = 0; trial < 25; trial++) {
      const points = 5 + random.int(400)
      const [scores, labels] = [randomScores(random, points), randomLabels(random, points)]
      const buffer = random.int(15)
      expect(vusPr(scores, labels, buffer)).toBeCloseTo(slowVusPr(scores, labels, buffer), 10)
    }
  })

  it('is average precision for one window, no buffer and few points', () => {
    const labels = labelsOf(60, [{ first: 20, last: 29 }])
    const random = createRandom(3)
    const scores = Float64Array.from(labels, (label) => random.next() + label / 2)
    expect(vusPr(scores, labels, 0)).toBeCloseTo(averagePrecision(scores, labels), 12)
  })

  it('is 1 for scores that are the labels, and 0 or more for their opposite', () => {
    const labels = labelsOf(500, [{ first: 100, last: 139 }])
    expect(vusPr(Float64Array.from(labels), labels, 0)).toBeCloseTo(1, 12)
    const opposite = vusPr(
      labels.reduce((scores, label, i) => scores.fill(1 - label, i), new Float64Array(500)),
      labels,
      20,
    )
    expect(opposite).toBeGreaterThanOrEqual(0)
    expect(opposite).toBeLessThan(0.15)
  })

  it('has no value without a label', () => {
    expect(vusPr(Float64Array.of(1, 2), new Uint8Array(2), 5)).toBeNaN()
  })
})

describe('the longest buffer', () => {
  const wave = (points: number, period: number) =>
    Float64Array.from({ length: points }, (_, i) => Math.sin((2 * Math.PI * i) / period))

  it('is the period of the series', () => {
    expect(bufferLength(wave(2000, 48))).toBe(48)
    expect(bufferLength(wave(3000, 24))).toBe(24)
  })

  it('is 125 where there is no period, and at most a tenth of the series', () => {
    expect(bufferLength(Float64Array.from({ length: 3000 }, (_, i) => i))).toBe(125)
    expect(bufferLength(new Float64Array(2000))).toBe(125)
    expect(bufferLength(wave(200, 48))).toBe(20)
    expect([bufferLength(new Float64Array(0)), bufferLength(Float64Array.of(1))]).toEqual([0, 0])
  })
})
