import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { anomstack, folderWith } from './command.ts'

const DEFAULTS = { 'metrics/defaults/defaults.yaml': 'db: sqlite\n' }

interface Listed {
  readonly name: string
  readonly needs: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

describe('example ls', () => {
  it('lists every example with what it needs and watches', async () => {
    const { code, stdout, stderr } = await anomstack(['example', 'ls'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^hackernews +network +Least, greatest, mean and total score/m)
    expect(stdout).toMatch(/^earthquake +network, python3 +Number of earthquakes/m)
    expect(stdout).toMatch(/^gsod +bigquery, Google Cloud Storage +Mean, least/m)
    expect(stdout).toContain('`anomstack example add NAME`')
    expect(stdout).not.toContain('\u001b')
    expect((await anomstack(['example'])).stdout).toBe(stdout)
  })

  it('is JSON for programs', async () => {
    const { code, stdout } = await anomstack(['example', 'ls', '--json'])
    expect(code).toBe(0)
    const listed = JSON.parse(stdout) as readonly Listed[]
    expect(listed).toHaveLength(27)
    expect(listed.find(({ name }) => name === 'tomtom')).toMatchObject({
      needs: ['network', 'key'],
      variables: { ANOMSTACK_TOMTOM_API_KEY: expect.any(String) },
    })
  })
})

describe('example add', () => {
  it('copies a batch that runs, and says what to set', async () => {
    const dir = await folderWith(DEFAULTS)
    const { code, stdout, stderr } = await anomstack(['example', 'add', 'sales', '--project', dir])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('  metrics/examples/sales/sales.yaml\n')
    expect(stdout).toContain('run it on sqlite or duckdb or postgres')
    expect(await readdir(path.join(dir, 'metrics/examples'))).toEqual(['sales', 'shared'])
    expect(await readdir(path.join(dir, 'metrics/examples/shared'))).toEqual(['uniform.sql'])
    expect(await anomstack(['validate', '--strict'], { cwd: dir })).toMatchObject({ code: 0 })
    const ran = await anomstack(['run', 'ingest', '--batch', 'sales'], { cwd: dir })
    expect(ran.code).toBe(0)
  })

  it('names the variables that are not set yet, and only those', async () => {
    const [without, withKey] = await Promise.all([
      folderWith(DEFAULTS),
      folderWith({ ...DEFAULTS, '.env': 'ANOMSTACK_TOMTOM_API_KEY=s3cret\n' }),
    ])
    const [asked, set] = await Promise.all([
      anomstack(['example', 'add', 'tomtom'], { cwd: without }),
      anomstack(['example', 'add', 'tomtom'], { cwd: withKey }),
    ])
    expect(asked.stdout).toContain('set ANOMSTACK_TOMTOM_API_KEY, in the environment or in .env: a key of')
    expect(set).toMatchObject({ code: 0, stderr: '' })
    expect(set.stdout).not.toContain('ANOMSTACK_TOMTOM_API_KEY')
    expect(set.stdout).not.toContain('s3cret')
  })

  it('says which keys of the file to change, and what is wrong until then', async () => {
    const dir = await folderWith(DEFAULTS)
    const { code, stdout, stderr } = await anomstack(['example', 'add', 's3_example_simple'], { cwd: dir })
    expect(code).toBe(0)
    expect(stdout).toContain(
      'set model_path in metrics/examples/s3_example_simple/s3_example_simple.yaml: your bucket',
    )
    expect(stderr).not.toContain('unknown key')
  })

  it('says that python3 is needed', async () => {
    const dir = await folderWith(DEFAULTS)
    const { stdout } = await anomstack(['example', 'add', 'earthquake'], { cwd: dir })
    expect(stdout).toContain('have python3 on the path')
  })

  it('copies into the project folder where there is no metrics folder', async () => {
    const dir = await folderWith()
    const { code, stdout } = await anomstack(['example', 'add', 'hackernews', '--json'], { cwd: dir })
    expect(code).toBe(0)
    const { written } = JSON.parse(stdout) as { written: readonly string[] }
    expect(written).toContain(path.join(dir, 'examples/hackernews/hackernews.ts'))
    expect(written).toContain(path.join(dir, 'examples/shared/fetch-json.ts'))
    for (const file of written) expect(await readFile(file, 'utf8')).not.toBe('')
    expect((await anomstack(['batches'], { cwd: dir })).stdout).toContain('examples/hackernews')
  })

  it('never changes what is there', async () => {
    const mine = {
      ...DEFAULTS,
      'metrics/examples/github/notes.txt': 'mine',
      'metrics/examples/shared/gather.ts': 'export const mine = 1\n',
      'metrics/weather.yaml': 'metric_batch: weather\ningest_sql: select 1\n',
    }
    const dir = await folderWith(mine)
    const refused = await anomstack(['example', 'add', 'github'], { cwd: dir })
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toContain(`${path.join('examples', 'github')} is there already`)

    const same = await anomstack(['example', 'add', 'weather'], { cwd: dir })
    expect(same.code).toBe(2)
    expect(same.stderr).toContain('has a batch "weather" already, in metrics/weather.yaml')

    const kept = await anomstack(['example', 'add', 'currency'], { cwd: dir })
    expect(kept.code).toBe(0)
    expect(kept.stdout).toContain('metrics/examples/shared/gather.ts was there, with another text')
    for (const [file, text] of Object.entries(mine))
      expect(await readFile(path.join(dir, file), 'utf8')).toBe(text)
    expect((await anomstack(['example', 'add', 'currency'], { cwd: dir })).code).toBe(2)
  })

  it('writes nothing through a link, and says so where it cannot write', async () => {
    const [dir, elsewhere] = await Promise.all([folderWith(DEFAULTS), folderWith()])
    await mkdir(path.join(dir, 'metrics/examples'))
    await symlink(elsewhere, path.join(dir, 'metrics/examples/users'))
    expect((await anomstack(['example', 'add', 'users'], { cwd: dir })).code).toBe(2)
    expect(await readdir(elsewhere)).toEqual([])

    await writeFile(path.join(elsewhere, 'examples'), 'a file')
    const failed = await anomstack(['example', 'add', 'users'], { cwd: elsewhere })
    expect([failed.code, failed.stdout]).toEqual([2, ''])
    expect(failed.stderr).toMatch(/users cannot be written: /)
  })

  it('is done by one of several that try at once, as a whole', async () => {
    const dir = await folderWith(DEFAULTS)
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, () => anomstack(['example', 'add', 'netdata'], { cwd: dir })),
    )
    expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(1)
    expect(outcomes.filter(({ code }) => code === 2)).toHaveLength(3)
    expect(await readdir(path.join(dir, 'metrics/examples'))).toEqual(['netdata', 'shared'])
    expect((await readdir(path.join(dir, 'metrics/examples/netdata'))).sort()).toEqual([
      'README.md',
      'netdata.ts',
      'netdata.yaml',
    ])
  })

  it.each([
    [['hackernws'], 'there is no example "hackernws"; did you mean "hackernews"?'],
    [['../demo'], 'there is no example "../demo"; `anomstack example ls` lists them'],
    [['shared'], 'there is no example "shared"'],
    [['__proto__'], 'there is no example "__proto__"'],
    [['a\u001b[2J'], 'there is no example "a [2J"'],
    [[''], 'there is no example ""'],
    [[], 'which example? `anomstack example ls` lists them'],
  ])('of %j is wrong use', async (args, said) => {
    const { code, stdout, stderr } = await anomstack(['example', 'add', ...args])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
  })
})
