// What runs before any test: threads and processes are started from what is compiled.
export { build as default } from './prepare.mjs'
