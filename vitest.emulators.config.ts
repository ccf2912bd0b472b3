import { defineConfig } from 'vitest/config'
import { shared } from './vitest.shared.ts'

/** Tests that `npm run test:emulators` runs, once it has made what they need. */
export default defineConfig({ test: { ...shared, include: ['test/emulators/**/*.test.ts'] } })
