import { databases } from '/work/main/src/databases/index.ts'
import { rmSync } from 'node:fs'
const T0=1.7e12
function* rows(m:number,p:number){for(let i=0;i<m;i++)for(let j=0;j<p;j++)yield{timestamp:T0+j*60000,batch:'b',name:`metric_${i}`,type:'metric' as const,value:i+j/7,metadata:''}}
const kind=process.argv[2]!
rmSync('/tmp/dbx/bench',{recursive:true,force:true})
let opts:any={path:`/tmp/dbx/bench/${kind}.db`}; let srv:any
if(kind==='postgres'){ const {startPostgres}=await import('/work/main/test/postgres/start-postgres.ts'); srv=await startPostgres(); opts={url:await srv.createDatabase()} }
const d=databases.get(kind)!; const db=d.create(d.options.parse(opts),{projectDir:'/tmp'})
const a=db.metricsTable('long'), b=db.metricsTable('wide')
const T=async(n:string,f:()=>Promise<any>)=>{const t=performance.now(); const r=await f(); console.log(kind,n,(performance.now()-t).toFixed(0),'rss',(process.memoryUsage().rss/1e6).toFixed(0)); return r}
await T('ensure',async()=>{await a.ensure();await b.ensure()})
await T('ups 1M',()=>a.upsert(rows(400,2500)))
await T('again 1M',()=>a.upsert(rows(400,2500)))
await T('ups 2.5M',()=>a.upsert(rows(1000,2500)))
await T('wide 3M',()=>b.upsert(rows(10000,300)))
await T('hist',()=>a.history({batch:'b',types:['metric']}))
await T('hist',()=>a.history({batch:'b',types:['metric']}))
await T('newest34',()=>b.history({batch:'b',types:['metric','score'],maxPoints:34}))
await T('summary',()=>b.summary({since:T0+290*60000}))
await T('ups 100',()=>b.upsert(rows(100,1)))
await db.close(); await srv?.stop()
