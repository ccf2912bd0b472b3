import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readOptions } from '../../../benchmarks/quality/options.ts'
import { writeFiles } from '../../write-files.ts'
import { csvOf, scratchFolder, waveWith, windowsJson } from './sample.ts'

const scratch = scratchFolder()
const script = fileURLToPath(new URL('../../../benchmarks/quality.ts', import.meta.url))

function quality(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('npm run bench:quality', () => {
  it('judges a folder, prints tables and writes a report', async () => {
    const all = [waveWith('g/one', 200, [150]), waveWith('g/two', 150, [])]
    await writeFiles(scratch, {
      'windows.json': windowsJson(all),
      'g/one.csv': csvOf(all[0]!),
      'g/two.csv': csvOf(all[1]!),
    })
    const config = path.join(scratch, 'config.yaml')
    writeFileSync(config, 'model_configs: [{model_name: MAD}]\nalert_threshold: 0.7\n')
    const [report, json] = [path.join(scratch, 'r.html'), path.join(scratch, 'r.json')]
    const { status, stdout } = quality(scratch, '--config', config, '--report', report, '--json', json)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ours +0\.7 /m)
    expect(stdout).toMatch(/^original's default +0\.8 /m)
    expect(readFileSync(report, 'utf8').match(/<section>/g)).toHaveLength(2)
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      contenders: [{ name: 'ours', threshold: 0.7 }, {}, {}],
    })
  })

  it('says what is wrong, and writes nothing', () => {
    const report = path.join(scratch, 'none.html')
    const { status, stdout, stderr } = quality(path.join(scratch, 'nowhere'), '--report', report)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/nowhere cannot be read/)
    expect(existsSync(report)).toBe(false)
  })
})

describe('its options', () => {
  it('have defaults', () => {
    expect(readOptions([])).toEqual({ folds: 5, only: '', quick: false })
    expect(readOptions(['data'])).toEqual({ folder: 'data', folds: 5, only: '', quick: false })
  })

  it('are read', () => {
    const args = [
      'data',
      '--folds',
      '3',
      '--only',
      'aws',
      '--report',
      'r.html',
      '--json',
      'r.json',
      '--config',
      'c.yaml',
    ]
    expect(readOptions(args)).toEqual({
      folder: 'data',
      folds: 3,
      only: 'aws',
      quick: false,
      report: 'r.html',
      json: 'r.json',
      config: 'c.yaml',
    })
  })

  it.each([
    [['a', 'b'], /one folder at a time, not a and b/],
    [['a', '--folds', '1'], /--folds needs a whole number of 2 or more/],
    [['a', '--folds', 'x'], /--folds needs a whole number/],
    [['--folder', 'a'], /--folder/],
    [['--report', 'r.html'], /--report, --only and --folds are for a folder/],
    [['a', '--quick'], /--quick is for the short series/],
  ])('refuse %j, and show the usage', (args, message) => {
    expect(() => readOptions(args)).toThrow(message)
    expect(() => readOptions(args)).toThrow(/usage: npm run bench:quality/)
  })
})
