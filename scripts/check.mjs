// `npm run check`: format, lint, types, dependency rules and dead code; each named with its outcome, all run even when one fails.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { root } from './prepare.mjs'

const CHECKS = [
  ['format', 'biome', ['check', '--error-on-warnings', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', 'src', 'test', 'benchmarks', 'examples']],
  ['types', 'tsc', ['--noEmit']],
  ['dependency rules', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'src']],
  ['dead code', 'knip', []],
]

/** Runs every check; returns the names of those that passed and failed. */
export function runChecks() {
  const passed = []
  const failed = []
  for (const [name, command, args] of CHECKS) {
    const started = Date.now()
    const result = spawnSync(path.join(root, 'node_modules', '.bin', command), args, {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    const seconds = `${((Date.now() - started) / 1000).toFixed(1)} s`
    if (result.status === 0) {
      passed.push(name)
      console.log(`✓ ${name} (${seconds})`)
    } else {
      failed.push(name)
      console.log(`✗ ${name} (${seconds})`)
      console.log([result.stdout, result.stderr, result.error?.message].filter(Boolean).join('\n'))
    }
  }
  return { passed, failed }
}

if (process.argv[1]?.endsWith('check.mjs')) {
  const { install } = await import('./prepare.mjs')
  install()
  process.exit(runChecks().failed.length === 0 ? 0 : 1)
}
