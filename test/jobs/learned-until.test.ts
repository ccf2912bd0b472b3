import { expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { learnedUntil } from '../../src/jobs/learned-until.ts'
import type { StoredBundle } from '../../src/models/model-store.ts'

/** What is asked of a bundle of which one part is damaged. */
const bundleWith = (
  damaged: string,
  code: 'MODEL_INVALID' | 'STORAGE_FAILED',
): Pick<StoredBundle, 'entries'> => ({
  entries: (metrics = []) =>
    metrics.includes(damaged)
      ? Promise.reject(new AnomstackError(code, 'damaged'))
      : Promise.resolve(
          new Map(
            metrics.map((metric) => [metric, { metric, from: 0, to: metric.length, count: 1, problems: [] }]),
          ),
        ),
})

it('leaves out what cannot be read, and nothing else', async () => {
  const metrics = ['a', 'bb', 'ccc', 'dddd', 'eeeee']
  for (const damaged of metrics) {
    const found = await learnedUntil(bundleWith(damaged, 'MODEL_INVALID'), metrics)
    expect([...found]).toEqual(
      metrics.filter((metric) => metric !== damaged).map((metric) => [metric, metric.length]),
    )
  }
  expect(await learnedUntil(bundleWith('a', 'MODEL_INVALID'), [])).toEqual(new Map())
})

it('fails where the storage does', async () => {
  await expect(learnedUntil(bundleWith('a', 'STORAGE_FAILED'), ['a', 'b'])).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
  })
})
