// Uses threads that would wait ten minutes for more work, says how many parts they have done, and has nothing else to do.
const load = (file) => import(new URL(`../../../dist/detectors/${file}`, import.meta.url))
const { lof } = await load('tabular/lof.js')
const { createParallel } = await load('parallel/create-parallel.js')
const { createThreads } = await load('parallel/threads.js')

const { hire } = createThreads(600_000)
const parallel = createParallel({ threads: 3, leastItems: 0, leastMs: 0, hire })
const data = {
  data: Float64Array.from({ length: 30_000 }, (_, i) => Math.sin(i ** 2)),
  rows: 5_000,
  columns: 6,
}
// All in one go: a thread starts although its parent waits for no event.
while (parallel.helped === 0) lof.fit(data, lof.options.parse({}), { parallel })
console.log(parallel.helped)
