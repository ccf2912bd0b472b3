import { fileURLToPath } from 'node:url'
import type { ViteUserConfig } from 'vitest/config'

/** What all test runs have in common. */
export const shared: NonNullable<ViteUserConfig['test']> = {
  globalSetup: ['scripts/compile-first.mjs'],
  alias: [
    {
      find: /^\.{1,2}\/(?:.*\/)?worker-file\.ts$/,
      replacement: fileURLToPath(new URL('test/compiled-worker-file.ts', import.meta.url)),
    },
  ],
  testTimeout: 120_000,
  hookTimeout: 180_000,
  pool: 'forks',
  maxWorkers: 2,
}
