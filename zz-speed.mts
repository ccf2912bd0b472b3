import {mkdtempSync, rmSync} from 'node:fs'
import { openSqliteControl } from './src/control/sqlite-control.ts'
import { createLocalOrchestrator } from './src/orchestrator/local.ts'
import { systemClock } from './src/core/clock.ts'
import { silentLogger } from './src/core/logger.ts'
const dir = mkdtempSync('/tmp/sp-')
const control = await openSqliteControl(dir+'/c.db')
let k = 0
for (let round=0; round<4; round++) {
  const N=2000, t = performance.now(), cpu = process.cpuUsage(); let i = 0
  const lane = async () => { for (;;) { if (i++ >= N) return; const now = Date.now(); await control.runs.enqueue({job:'ingest', batch:'b'+k++, trigger:'manual'},{now}); const run = await control.runs.claim({jobs:['ingest','train','score'], executor:'e', now, queues:[{queue:'ingest',room:4},{queue:'train',room:4}], resources:new Map([['sqlite',8]])}); await control.runs.finish(run!.id,{executor:'e',status:'succeeded',now}) } }
  await Promise.all(Array.from({length:16}, lane))
  const s=(performance.now()-t)/1000, u = process.cpuUsage(cpu)
  console.log('stores', (N/s).toFixed(0)+' runs/s', ((u.user+u.system)/1000/N).toFixed(3)+' ms CPU/run')
}
const one = createLocalOrchestrator({ control, clock: systemClock, logger: silentLogger, maxRuntimeMs: 600_000 })
one.register(new Map([['ingest', async () => {}]]))
await one.start({ concurrency: 16 })
for (let round=0; round<3; round++) {
  const t = performance.now()
  const q = await Promise.all(Array.from({length:2000},(_,i)=>one.enqueue({job:'ingest',batch:'b'+i,trigger:'manual'})))
  const mid = performance.now()
  await Promise.all(q.map(({run})=>one.wait(run.id)))
  console.log('engine', (2000/(performance.now()-t)*1000).toFixed(0), 'runs/s; enqueued in', (mid-t).toFixed(0),'ms')
}
await one.stop({graceMs:1000}); await control.close(); rmSync(dir,{recursive:true})
