import { describe, expect, it } from 'vitest'
import { detectors } from '../../src/detectors/index.ts'
import { anomstack } from './command.ts'

describe('anomstack detectors', () => {
  it('lists every detector with its summary', async () => {
    const { code, stdout } = await anomstack(['detectors'])
    expect(code).toBe(0)
    for (const { name, summary } of detectors.values()) {
      const line = stdout.split('\n').find((each) => each.trim().startsWith(`${name} `))
      expect(line, name).toContain(summary)
    }
  })

  it('describes one with its parameters, by any of its names', async () => {
    const { code, stdout } = await anomstack(['detectors', 'isolationforest'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^IForest \(also IsolationForest\): How few/)
    expect(stdout).toMatch(/n_estimators +100 +whole number ≥ 1 +Number of trees\./)
    expect(stdout).not.toContain('n_jobs')
  })

  it('says whether one explains its scores, where that is to be asked', async () => {
    const line = async (name: string) =>
      /^explains +(.*)$/m.exec((await anomstack(['detectors', name])).stdout)?.[1]
    expect(await line('KNN')).toBe('which columns drove a score')
    expect(await line('ABOD')).toBe('no score by its columns')
    expect(await line('auto')).toBeUndefined()
  })

  it('prints JSON with the parameters as JSON Schema', async () => {
    const { stdout } = await anomstack(['detectors', 'KNN', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'KNN',
      family: 'tabular',
      explains: true,
      parameters: { properties: { n_neighbors: { default: 5, minimum: 1 } } },
    })
    const all = JSON.parse((await anomstack(['detectors', '--json'])).stdout) as unknown[]
    expect(all).toHaveLength(detectors.size)
  })

  it('says what may have been meant', async () => {
    const { code, stderr } = await anomstack(['detectors', 'KMN'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('did you mean KNN?')
  })
})
