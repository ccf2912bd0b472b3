import { describe, expect, it } from 'vitest'
import { createMemory } from '../../../src/detectors/auto/memory.ts'
import { type Moment, momentAt } from '../../../src/detectors/auto/moment.ts'
import { createTwoSeasons } from '../../../src/detectors/auto/two-seasons.ts'

const HOUR = 3_600_000
const WEEK = 168
/** A Monday. */
const START = Date.UTC(2024, 0, 1)
const CLOCK = { timeZone: 'UTC', exceptions: [] }
const at = (i: number): Moment => momentAt(START + i * HOUR, CLOCK)

const hourly = ({ hour }: Moment) => Math.cos((hour / 24) * 2 * Math.PI)
const weekend = ({ weekday }: Moment) => (weekday > 4 ? 1 : 0)
const shapes = {
  factors: (moment: Moment) => 100 * (1 + 0.5 * hourly(moment)) * (1 - 0.4 * weekend(moment)),
  terms: (moment: Moment) => 20 + 50 * hourly(moment) - 30 * weekend(moment),
}

function taught(multiplies: boolean, rate: number, value: (moment: Moment) => number) {
  const expert = createTwoSeasons(createMemory(), { multiplies, rate, perHour: 1 })
  for (let i = 0; i < 3 * WEEK; i++) expert.learn(value(at(i)), at(i), Number.POSITIVE_INFINITY)
  return expert
}

describe.each([
  ['factors', true],
  ['terms', false],
] as const)('two seasons of %s', (name, multiplies) => {
  const value = shapes[name]

  it('are known after three weeks', () => {
    const expert = taught(multiplies, 0.02, value)
    for (let i = 3 * WEEK; i < 4 * WEEK; i++)
      expect(Math.abs(expert.predict(at(i)) - value(at(i)))).toBeLessThan(1)
  })

  it('say nothing of an hour that has not been seen', () => {
    const expert = createTwoSeasons(createMemory(), { multiplies, rate: 0.02, perHour: 1 })
    for (let i = 0; i < 5; i++) expert.learn(value(at(i)), at(i), Number.POSITIVE_INFINITY)
    expect(expert.predict(at(4))).not.toBeNaN()
    expect(expert.predict(at(5))).toBeNaN()
  })

  it.each([0.02, 0.3])('keep their shape when the level moves by half, followed at %d', (rate) => {
    const expert = taught(multiplies, rate, value)
    const moved = (moment: Moment) => (multiplies ? 1.5 * value(moment) : 50 + value(moment))
    // As the forecaster has it learn, a surprise counts as a few usual ones at most.
    let error = 0
    for (let i = 3 * WEEK; i < 7 * WEEK; i++) {
      if (i >= 6 * WEEK) error += Math.abs(expert.predict(at(i)) - moved(at(i))) / WEEK
      expert.learn(moved(at(i)), at(i), 20)
    }
    expect(error).toBeLessThan(2)
  })

  it('are finite for zeros, signs that change, and the largest values', () => {
    for (const values of [[0], [0, 0, 5], [-3, 3], [1e150, -1e150, 0]]) {
      const expert = createTwoSeasons(createMemory(), { multiplies, rate: 0.3, perHour: 1 })
      for (let i = 0; i < 2 * WEEK; i++)
        expert.learn(values[i % values.length]!, at(i), Number.POSITIVE_INFINITY)
      for (let i = 0; i < WEEK; i++) expect(expert.predict(at(i))).toSatisfy(Number.isFinite)
    }
  })
})
