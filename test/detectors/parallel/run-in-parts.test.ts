import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { AnomstackError } from '../../../src/core/errors.ts'
import { definePartTask } from '../../../src/detectors/parallel/parallel.ts'
import { runInParts } from '../../../src/detectors/parallel/run-in-parts.ts'
import { type Hire, performParts } from '../../../src/detectors/parallel/shared-work.ts'

interface Numbers {
  readonly values: Float64Array
  /** The item that cannot be worked on. */
  readonly bad?: number
}

const ITEMS = 1000
const squares = definePartTask({
  name: 'squares',
  output: (_: Numbers, items) => ({ squares: new Float64Array(2 * items), numbers: new Int32Array(items) }),
  prepare: ({ values, bad }) => ({
    perform(from, to, { squares, numbers }) {
      for (let item = from; item < to; item++) {
        if (item === bad) throw new AnomstackError('TRAINING_IMPOSSIBLE', `item ${item} is bad`)
        squares[2 * (item - from)] = values[item]! ** 2
        squares[2 * (item - from) + 1] = -1
        numbers[item - from] = item
      }
    },
  }),
})
const values = Float64Array.from({ length: ITEMS }, (_, i) => i / 3)
const work = { task: squares, input: { values }, items: ITEMS }
const expected = {
  squares: Float64Array.from({ length: 2 * ITEMS }, (_, i) => (i % 2 === 1 ? -1 : (i / 6) ** 2)),
  numbers: Int32Array.from({ length: ITEMS }, (_, i) => i),
}

/** One that works as soon as it is posted to, until it fails. */
const eager: Hire = () => [
  {
    postMessage(shared) {
      try {
        performParts(shared, squares)
      } catch {
        // As the thread's file does.
      }
    },
  },
]

test('what others have done is put in its place', () => {
  const { output, helped } = runInParts(work, { threads: 2, leastMs: 0, hire: eager })
  expect(output).toEqual(expected)
  expect(helped).toBe(6)
})

test.each([0, 1, ITEMS - 1])('an error in another thread is thrown by the caller: item %i', (bad) => {
  const wrong = { ...work, input: { values, bad } }
  expect(() => runInParts(wrong, { threads: 2, leastMs: 0, hire: eager })).toThrow(
    expect.objectContaining({ code: 'TRAINING_IMPOSSIBLE', problem: `item ${bad} is bad` }),
  )
})

test('what only another thread failed at is done by the caller', () => {
  const failing = definePartTask({ ...squares, prepare: () => expect.fail('no memory is left') })
  const hire: Hire = () => [
    { postMessage: (shared) => expect(() => performParts(shared, failing)).toThrow('no memory') },
  ]
  expect(runInParts(work, { threads: 2, leastMs: 0, hire })).toEqual({ output: expected, helped: 0 })
})

test('without another thread the caller does all', () => {
  expect(runInParts(work, { threads: 2, leastMs: 0, hire: () => [] })).toEqual({
    output: expected,
    helped: 0,
  })
})

test.each(['exits', 'throws', 'hangs', 'takes all memory'])(
  'a thread that %s with a part in its hands holds up nobody',
  async (way) => {
    const claimed = new Int32Array(new SharedArrayBuffer(4))
    const thread = new Worker(new URL('./rogue-thread.mjs', import.meta.url), {
      workerData: { way, claimed },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16 },
    })
    thread.on('error', () => {})
    const hire: Hire = () => [
      {
        postMessage(shared) {
          thread.postMessage(shared)
          expect(Atomics.wait(claimed, 0, 0, 60_000)).not.toBe('timed-out')
        },
      },
    ]
    expect(runInParts(work, { threads: 2, leastMs: 0, hire })).toEqual({ output: expected, helped: 0 })
    await thread.terminate()
  },
)
