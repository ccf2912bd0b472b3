import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { anomstack, folderWith } from './command.ts'

const HEADER = 'timestamp,value,score,alert,expected,lower,upper'
const START = Date.UTC(2025, 0, 1)
const HOUR = 3_600_000

/** Hours with a daily wave, and a spike at `spike`. */
function wave(count: number, spike = -1): string {
  const lines = ['timestamp,value']
  for (let hour = 0; hour < count; hour++) {
    const value = 100 + 10 * Math.sin((hour * Math.PI) / 12) + (hour % 7) + (hour === spike ? 300 : 0)
    lines.push(`${new Date(START + hour * HOUR).toISOString()},${value.toFixed(3)}`)
  }
  return `${lines.join('\n')}\n`
}

const linesOf = (text: string) => text.trimEnd().split('\n')
const detect = (input: string | Buffer, ...args: string[]) => anomstack(['detect', '-', ...args], { input })

describe('detect', () => {
  it('scores a CSV file, and alerts on what is strange in it', async () => {
    const dir = await folderWith({ 'wave.csv': wave(200, 150) })
    const { code, stdout, stderr } = await anomstack(['detect', 'wave.csv'], { cwd: dir })
    expect([code, stderr]).toEqual([0, ''])
    const [header, ...rows] = linesOf(stdout)
    expect(header).toBe(HEADER)
    expect(rows).toHaveLength(200)
    expect(rows[0]).toBe('2025-01-01T00:00:00.000Z,100,,0,,,')
    // The first models have seen little; from here on the wave is known.
    const alerts = rows.flatMap((row, index) => (row.split(',')[3] === '1' && index > 100 ? [index] : []))
    expect(alerts).toHaveLength(1)
    expect(alerts[0]).toBeGreaterThanOrEqual(150)
    expect(alerts[0]).toBeLessThan(154)
  })

  it('gives the same from standard input, into a file, and as JSON', async () => {
    const input = wave(80, 60)
    const dir = await folderWith()
    const [csv, json, out] = await Promise.all([
      detect(input),
      detect(input, '--format', 'json'),
      detect(input, '--out', path.join(dir, 'out.csv')),
    ])
    expect(out).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await readFile(path.join(dir, 'out.csv'), 'utf8')).toBe(csv.stdout)
    const points = linesOf(json.stdout).map(
      (line) => JSON.parse(line) as Record<string, string | number | null>,
    )
    const rows = points.map((point) =>
      Object.values(point)
        .map((value) => value ?? '')
        .join(','),
    )
    expect([HEADER, ...rows]).toEqual(linesOf(csv.stdout))
  })

  it('judges each point from its past only: a longer file begins with the answer to a shorter one', async () => {
    const lines = linesOf(wave(400, 333))
    const lengths = [20, 47, 333, 336, 401]
    const answers = await Promise.all(
      lengths.map((length) => detect(`${lines.slice(0, length).join('\n')}\n`)),
    )
    const longest = answers.at(-1)!.stdout
    for (const [index, { code, stdout }] of answers.entries()) {
      expect([code, linesOf(stdout)]).toEqual([0, linesOf(longest).slice(0, lengths[index])])
    }
  })

  it('takes memory that does not grow with the file', async () => {
    const dir = await folderWith()
    const count = 300_000
    const rows = Array.from(
      { length: count },
      (_, i) => `${1_700_000_000 + i * 60},${(i % 60) + ((i * 7) % 11)}`,
    )
    await writeFile(path.join(dir, 'long.csv'), `timestamp,value\n${rows.join('\n')}\n`)
    await writeFile(path.join(dir, 'quick.yaml'), 'model_configs: PCA\n')
    const { code, stderr } = await anomstack(
      ['detect', 'long.csv', '--config', 'quick.yaml', '--out', 'out.csv'],
      {
        cwd: dir,
        env: { NODE_OPTIONS: '--max-old-space-size=64' },
      },
    )
    expect([code, stderr]).toEqual([0, ''])
    const answer = linesOf(await readFile(path.join(dir, 'out.csv'), 'utf8'))
    expect(answer).toHaveLength(count + 1)
    expect(answer.at(-1)).toMatch(/^1717999940,\d+,\d(\.\d+)?,[01],/)
  })

  it('reads a byte order mark, CRLF, quotes, spaces, blank lines, and any case of names', async () => {
    const plain = wave(30)
    const [header, ...rows] = linesOf(plain)
    const dressed = [
      header!.replace('timestamp', '"Note", "TIMESTAMP"').replace('value', ' Value '),
      ...rows.map((row) => `"a ""b"", c","${row.replace(',', '" , "')}"`),
    ]
    const [first, second] = await Promise.all([
      detect(plain),
      detect(`\uFEFF${dressed.join('\r\n\r\n')}\r\n`),
    ])
    expect(second).toEqual(first)
  })

  it('understands dates, and seconds to nanoseconds since 1970, and gives them back as they were written', async () => {
    const scales = ['', '000', '000000', '000000000']
    const answers = await Promise.all([
      ...scales.map((zeros) =>
        detect(
          `ts,y\n${Array.from({ length: 40 }, (_, i) => `${1_735_689_600 + i * 3600}${zeros},${i % 5}`).join('\n')}`,
        ),
      ),
      detect(
        `date,y\n${Array.from({ length: 40 }, (_, i) => `${20250101 + (i % 28) + 100 * Math.trunc(i / 28)},${i % 5}`).join('\n')}`,
      ),
    ])
    const judged = answers.map(({ stdout }) => linesOf(stdout).map((line) => line.slice(line.indexOf(','))))
    // Days have other seasons than hours.
    for (const each of judged.slice(0, scales.length)) expect(each).toEqual(judged[0])
    expect(judged.at(-1)).toHaveLength(judged[0]!.length)
    expect(linesOf(answers[1]!.stdout)[1]).toMatch(/^1735689600000,/)
    expect(linesOf(answers[4]!.stdout)[29]).toMatch(/^20250201,/)
  })

  it('keeps huge and tiny values from becoming anything but numbers', async () => {
    const values = ['1.7e308', '-1.7e308', '5e-324', '0', '-0', '1e300']
    const rows = Array.from({ length: 90 }, (_, i) => `${i * 60},${values[(i * i + i) % values.length]}`)
    const { code, stdout } = await detect(`ts,y\n${rows.join('\n')}\n`)
    expect(code).toBe(0)
    expect(linesOf(stdout)).toHaveLength(91)
    expect(stdout).not.toMatch(/NaN|Infinity/)
  })

  it('uses the settings of a batch file, and names what is wrong in it', async () => {
    const dir = await folderWith({
      'wave.csv': wave(200, 150),
      'batch.yaml':
        'metric_batch: x\ningest_sql: select 1\nml_algorithm: IsolationForest\nanomaly_threshold: 0\nalert_snooze_n: 0\n',
      'bad.yaml': 'alert_treshold: 0.5\n',
    })
    const [own, bad, none] = await Promise.all(
      ['batch.yaml', 'bad.yaml', 'none.yaml'].map((file) =>
        anomstack(['detect', 'wave.csv', '--config', file], { cwd: dir }),
      ),
    )
    expect(own!.code).toBe(0)
    const rows = linesOf(own!.stdout)
      .slice(1)
      .map((line) => line.split(','))
    expect(rows.filter(([, , score]) => score !== '').length).toBeGreaterThan(150)
    for (const [, , score, alert] of rows) expect(alert).toBe(score === '' ? '0' : '1')
    expect(bad).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('did you mean alert_threshold?'),
    })
    expect(none).toMatchObject({
      code: 2,
      stderr: 'error: none.yaml cannot be read: there is no such file or folder\n',
    })
  })

  it('leaves out lines that cannot be read, and says which', async () => {
    const input = 'ts,y\n1,1\nsoon,2\n\n3,x\n3,3\n3,4\n4,\n5,1e999\n6,Infinity\n7,5\n'
    const { code, stdout, stderr } = await detect(input)
    expect(code).toBe(0)
    expect(linesOf(stdout)).toEqual([HEADER, '1,1,,0,,,', '3,3,,0,,,', '7,5,,0,,,'])
    expect(linesOf(stderr)).toEqual([
      'standard input:3: "soon" is not a time; the line was left out',
      'standard input:5: "x" is not a finite number; the line was left out',
      'standard input:7: the line before has the time 3 too; the line was left out',
      'standard input:8: "" is not a finite number; the line was left out',
      'standard input:9: "1e999" is not a finite number; the line was left out',
      '… and 1 more line left out',
      'no point has a score: learning, 2 of 14 points',
    ])
  })

  it.each([
    ['an empty file', '', 2, 'standard input: the file is empty; it needs a header line'],
    ['blank lines', '\n\n', 2, 'the file is empty; it needs a header line'],
    ['no column of a time', 'when,y\n1,1\n', 2, 'say which one it is with --timestamp: when, y'],
    ['no column of a value', 'ts,amount\n1,1\n', 2, 'say which one it is with --value: ts, amount'],
    [
      'times that go back',
      'ts,y\n2,1\n1,1\n',
      2,
      'standard input:3: 1 comes after a later time; sort the file by time first',
    ],
    ['a quote that never ends', 'ts,y\n1,"1\n', 2, 'standard input:2: the file is not valid CSV'],
    ['nothing that can be read', 'ts,y\n1,x\n', 1, 'no line could be read; see --timestamp and --value'],
  ])('refuses %s', async (_, input, code, said) => {
    const outcome = await detect(input)
    expect(outcome.code).toBe(code)
    expect(outcome.stderr).toContain(said)
  })

  it('answers a file of nothing but a header with nothing but a header', async () => {
    expect(await detect('timestamp,value\n')).toEqual({ code: 0, stdout: `${HEADER}\n`, stderr: '' })
  })

  it('says why a file cannot be read or written', async () => {
    const dir = await folderWith({ 'wave.csv': wave(5) })
    const run = (...args: string[]) => anomstack(['detect', ...args], { cwd: dir })
    const outcomes = await Promise.all([
      run('none.csv'),
      run('.'),
      run('wave.csv', '--value', 'amount'),
      run('wave.csv', '--out', 'no/such/folder.csv'),
      run('wave.csv', '--out', './wave.csv'),
    ])
    expect(outcomes.map(({ code, stdout }) => [code, stdout])).toEqual(outcomes.map(() => [2, '']))
    expect(outcomes.map(({ stderr }) => stderr.trimEnd())).toEqual([
      'error: none.csv cannot be read: there is no such file or folder',
      'error: . cannot be read: it is a folder',
      'error: wave.csv: there is no column "amount"; say which one it is with --value: timestamp, value',
      'error: no/such/folder.csv cannot be written: there is no such file or folder',
      'error: --out names the file that is read, wave.csv; write to another',
    ])
    expect(await readFile(path.join(dir, 'wave.csv'), 'utf8')).toBe(wave(5))
  })
})
