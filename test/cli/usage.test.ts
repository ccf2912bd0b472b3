import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { anomstack, folderWith } from './command.ts'

describe('anomstack', () => {
  it('lists every command with --help, and each explains itself', async () => {
    const { code, stdout } = await anomstack(['--help'])
    expect(code).toBe(0)
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!)
    expect(new Set(commands)).toEqual(
      new Set([
        'init',
        'models',
        'start',
        'worker',
        'run',
        'runs',
        'batches',
        'schedules',
        'backfill',
        'profile',
        'simulate',
        'tune',
        'detect',
        'detectors',
        'validate',
        'example',
        'schema',
        'help',
      ]),
    )
    const helps = await Promise.all(commands.slice(0, -1).map((name) => anomstack([name, '--help'])))
    for (const [index, help] of helps.entries()) {
      expect(help.code).toBe(0)
      expect(help.stdout).toContain(`Usage: anomstack ${commands[index]}`)
    }
  })

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
    expect(await anomstack(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([
    [
      ['valdate'],
      "unknown command 'valdate'\n(Did you mean validate?)\n(anomstack --help lists the commands)",
    ],
    [['validate', '--stricct'], '(Did you mean --strict?)\n(anomstack validate --help says more)'],
    [['run'], "missing required argument 'job'\n(anomstack run --help says more)"],
    [
      ['run', 'pipelin'],
      'Allowed choices are pipeline, ingest, train, score, alert, change, delete, summary, retention.',
    ],
    [['run', 'ingest', '--at', 'noon'], 'Write a time like 2026-01-31T09:00:00Z.'],
    [['validate', '--project', '/no/such/folder'], "'/no/such/folder' is invalid. There is no such folder."],
    [['start', '--port', '70000'], 'A port is a whole number from 0 to 65535.'],
    [['backfill', '--from', '2025-02-01', '--to', '2025-01-01'], '--from is not before --to'],
    [['detect', 'x.csv', '--format', 'xml'], 'Allowed choices are csv, json.'],
  ])('%j is wrong use: exit 2, and what to do on standard error', async (args, said) => {
    const { code, stdout, stderr } = await anomstack(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
  })

  it('without a command shows its help, on standard error', async () => {
    const { code, stdout, stderr } = await anomstack([])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Usage: anomstack')
  })
})

describe('init', () => {
  it('writes a starter project that is valid, with the folders of data kept out of version control', async () => {
    const parent = await folderWith()
    const { code, stdout } = await anomstack(['init', 'my metrics'], { cwd: parent })
    expect(code).toBe(0)
    expect(stdout).toContain("cd 'my metrics'")
    const dir = path.join(parent, 'my metrics')
    expect(await readdir(dir)).toEqual(
      expect.arrayContaining(['.env.example', '.gitignore', 'README.md', 'anomstack.yaml', 'metrics']),
    )
    const ignored = (await readFile(path.join(dir, '.gitignore'), 'utf8')).split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['.env', 'tmpdata/', '.anomstack/', 'models/']))
    expect(await anomstack(['validate', '--strict'], { cwd: dir })).toMatchObject({
      code: 0,
      stdout: '2 batches can run; no faults.\n',
    })
  })

  it('takes a folder that holds nothing but a repository', async () => {
    const dir = await folderWith({ '.git/HEAD': 'ref: refs/heads/main' })
    expect((await anomstack(['init', dir])).code).toBe(0)
  })

  it('does not touch a folder that is not empty, unless it may; then files that exist are kept', async () => {
    const dir = await folderWith({ 'README.md': 'mine', '.gitignore': 'dist\n' })
    const refused = await anomstack(['init', dir])
    expect([refused.code, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toContain('is not empty; use --force')
    expect((await readdir(dir)).sort()).toEqual(['.gitignore', 'README.md'])

    const { code, stdout } = await anomstack(['init', dir, '--force'])
    expect(code).toBe(0)
    expect(stdout).toContain('Your .gitignore was kept')
    expect(await readFile(path.join(dir, 'README.md'), 'utf8')).toBe('mine')
    expect(await readFile(path.join(dir, '.gitignore'), 'utf8')).toBe('dist\n')
    expect(await readdir(dir)).toContain('metrics')
  })

  it('says so when the folder cannot be made', async () => {
    const dir = await folderWith()
    await writeFile(path.join(dir, 'file'), '')
    await mkdir(path.join(dir, 'folder'))
    const [taken, inside] = await Promise.all([
      anomstack(['init', 'file'], { cwd: dir }),
      anomstack(['init', 'file/below'], { cwd: dir }),
    ])
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('there is a file of that name') })
    expect(inside).toMatchObject({ code: 2, stderr: expect.stringContaining('a part of the path is a file') })
  })
})
