// `npm start`: installs and builds what is not up to date, then starts the product on the demo project.
// `npm start -- --project DIR` starts it on a project of yours.
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, installToRun, root } from './prepare.mjs'

installToRun()
build()

const given = process.argv.slice(2)
const demo = given.some((argument) => argument === '--project' || argument.startsWith('--project='))
  ? []
  : ['--project', path.join(root, 'examples', 'demo'), '--backfill']
process.argv = [process.execPath, path.join(root, 'dist', 'main.js'), 'start', ...demo, ...given]
await import(pathToFileURL(process.argv[1]).href)
