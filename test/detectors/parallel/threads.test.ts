import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createThreads } from '../../../src/detectors/parallel/threads.ts'
import { eventually } from '../../eventually.ts'

test('threads start when they are wanted and end when nothing is', async () => {
  const threads = createThreads(50)
  expect(threads.count).toBe(0)
  expect(threads.hire(2)).toHaveLength(2)
  expect(threads.hire(1)).toHaveLength(1)
  expect(threads.count).toBe(2)
  await eventually('their end', () => threads.count === 0)
})

test('a caller that never waits for events gets another thread for one that has ended', () => {
  const threads = createThreads(1)
  const [first] = threads.hire(1)
  const deadline = performance.now() + 60_000
  let next = first
  while (next === first && performance.now() < deadline) next = threads.hire(1)[0]
  expect(next).not.toBe(first)
})

test('a process ends by itself, though its threads would wait for more', async () => {
  const file = fileURLToPath(new URL('ends-child.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 90_000 })
  expect(Number(stdout)).toBeGreaterThan(0)
})
