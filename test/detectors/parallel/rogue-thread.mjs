// A thread that claims a part of what is shared with it, and does not finish it.
import { parentPort, workerData } from 'node:worker_threads'

const { way } = workerData
parentPort.once('message', ({ states }) => {
  const part = Atomics.add(states, 0, 1)
  Atomics.store(workerData.claimed, 0, 1)
  Atomics.notify(workerData.claimed, 0)
  if (way === 'exits') process.exit(1)
  if (way === 'throws') throw new Error('rogue')
  if (way === 'hangs') Atomics.wait(states, 1 + part, 0)
  const hoard = []
  while (way === 'takes all memory') hoard.push(Array(100_000).fill(part))
})
