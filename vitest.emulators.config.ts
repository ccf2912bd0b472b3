import { defineConfig } from 'vitest/config'

/** Tests that `npm run test:emulators` runs, once it has made what they need. */
export default defineConfig({
  test: {
    include: ['test/emulators/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
