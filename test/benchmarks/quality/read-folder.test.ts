import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFolder } from '../../../benchmarks/quality/read-folder.ts'
import { pointWindows } from '../../../benchmarks/quality/windows.ts'
import { writeFiles } from '../../write-files.ts'
import { csvOf, scratchFolder, waveWith, windowsJson } from './sample.ts'

const scratch = scratchFolder()
let folders = 0

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = path.join(scratch, String(folders++))
  await writeFiles(folder, files)
  return folder
}

const day = (n: number) => Date.UTC(2025, 0, n)

describe('a folder of labelled series', () => {
  it('may have a windows.json beside its files', async () => {
    const all = [waveWith('b/two', 50, [20, 40]), waveWith('a/one', 50, [])]
    const folder = await folderWith({
      'windows.json': windowsJson(all),
      'b/two.csv': csvOf(all[0]!),
      'a/one.csv': csvOf(all[1]!),
      'a/unlabelled.csv': 'nothing',
    })
    expect(readFolder(folder)).toEqual([all[1], all[0]])
    expect(readFolder(folder, 'two')).toEqual([all[0]])
  })

  it('may be laid out as the Numenta Anomaly Benchmark is', async () => {
    const wave = waveWith('group/wave', 30, [12])
    const folder = await folderWith({
      'labels/combined_windows.json': windowsJson([wave]),
      'data/group/wave.csv': csvOf(wave),
    })
    expect(readFolder(folder)).toEqual([wave])
  })

  it('may have a column of labels in every file; runs of ones are windows', async () => {
    const folder = await folderWith({
      'x.csv': 'timestamp,value,is_anomaly\n2025-01-01,1,0\n2025-01-02,2,1\n2025-01-03,3,1\n2025-01-04,4,0\n',
      'deep/y.CSV': 'Timestamp,Value,Label\n1,5,1\n2,6,0\n3,7,True\n',
      'readme.txt': 'no series',
    })
    const [y, x] = readFolder(folder)
    expect(y).toMatchObject({
      name: 'deep/y',
      group: 'deep',
      windows: [
        { from: 1000, to: 1000 },
        { from: 3000, to: 3000 },
      ],
    })
    expect(x).toMatchObject({ name: 'x', group: '', windows: [{ from: day(2), to: day(3) }] })
    expect([...x!.series.values]).toEqual([1, 2, 3, 4])
  })

  it('is read as production reads: in the order of time, the first of several at one time, no gaps filled', async () => {
    const folder = await folderWith({
      'x.csv':
        'timestamp,value,label\n2025-01-03,3,0\n2025-01-01,1,0\n2025-01-03,9,1\n2025-01-02,,0\n2025-01-04,NaN,1\n\n2025-01-05,5,0\n',
    })
    const [x] = readFolder(folder)
    expect([...x!.series.timestamps]).toEqual([day(1), day(3), day(5)])
    expect([...x!.series.values]).toEqual([1, 3, 5])
    expect(x!.windows).toEqual([{ from: day(3), to: day(3) }])
  })

  it('may have windows that overlap or hold no point', async () => {
    const folder = await folderWith({
      'windows.json': JSON.stringify({
        'x.csv': [
          ['2025-01-03', '2025-01-04'],
          ['2025-01-01', '2025-01-03'],
          ['2025-02-01', '2025-02-02'],
        ],
      }),
      'x.csv': 'timestamp,value\n2025-01-01,1\n2025-01-02,2\n2025-01-03,3\n2025-01-04,4\n',
    })
    const [x] = readFolder(folder)
    expect(x!.windows).toHaveLength(2)
    expect(pointWindows(x!.series, x!.windows)).toEqual([{ first: 0, last: 3 }])
  })

  it.each([
    ['is not there', {}, 'nowhere', /nowhere cannot be read: there is no such file/],
    ['has no series', { 'a.txt': '' }, '', /has no series; it needs a windows\.json or labelled CSV files/],
    ['has an unlabelled file', { 'a.csv': 'timestamp,value\n1,2\n' }, '', /a\.csv: no column label/],
    ['lacks a file', { 'windows.json': '{"a.csv": []}' }, '', /a\.csv cannot be read: there is no such file/],
    [
      'is about another',
      { 'windows.json': '{"../a.csv": []}' },
      '',
      /"\.\.\/a\.csv" leads out of the folder/,
    ],
    ['has windows of another form', { 'windows.json': '[1]' }, '', /windows\.json: expected an object/],
    ['has windows that are no JSON', { 'windows.json': '{' }, '', /windows\.json: expected an object/],
    [
      'has a window that ends before it starts',
      { 'windows.json': '{"a.csv": [["2025-01-02", "2025-01-01"]]}', 'a.csv': 'timestamp,value\n1,2\n' },
      '',
      /windows\.json: a\.csv: \["2025-01-02", "2025-01-01"\] is not a stretch of time/,
    ],
    ['has an empty file', { 'a.csv': '' }, '', /a\.csv: the file is empty/],
    [
      'has a file of gaps',
      { 'a.csv': 'timestamp,value,label\n1,,0\n' },
      '',
      /a\.csv: the file has no row with a number/,
    ],
    ['has other columns', { 'a.csv': 'when,what\n1,2\n' }, '', /a\.csv: the header needs the columns/],
    [
      'has a bad time',
      { 'a.csv': 'timestamp,value,label\nsoon,2,0\n' },
      '',
      /a\.csv:2: "soon" is not a time/,
    ],
    ['has a bad label', { 'a.csv': 'timestamp,value,label\n1,2,2\n' }, '', /a\.csv:2: "2" is not a label/],
  ])('says what is wrong when it %s', async (_, files, below, message) => {
    const folder = await folderWith(files)
    expect(() => readFolder(path.join(folder, below))).toThrow(message)
  })

  it('says so when no name holds the text', async () => {
    const folder = await folderWith({ 'windows.json': '{"a.csv": []}' })
    expect(() => readFolder(folder, 'b')).toThrow(/has no series with "b" in its name/)
  })
})
