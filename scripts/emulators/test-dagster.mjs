// The tests of the code location of Dagster, by themselves. Ends on a line that counts passed and failed.
import { testDagster } from './dagster.mjs'

const outcomes = testDagster(process.argv.slice(2))
const sum = (name) => outcomes.reduce((total, outcome) => total + outcome[name], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exit(sum('failed') === 0 ? 0 : 1)
