// Makes what `npm run test:emulators` needs ahead of time, one thing after the other, while other tests run. What fails here is tried again, and told of, there.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { root } from '../prepare.mjs'

const folder = new URL('.', import.meta.url)
for (const file of readdirSync(folder)) {
  const code = `import(${JSON.stringify(new URL(file, folder).href)}).then((m) => m.prepare?.())`
  if (!['index.mjs', 'prepare-all.mjs', 'test-dagster.mjs', 'tools.mjs', 'debian.mjs'].includes(file))
    spawnSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: root, stdio: 'inherit' })
}
