import { describe, expect, it } from 'vitest'
import { catalogs } from '../../src/catalogs.ts'
import { loadProject } from '../../src/config/load-project.ts'
import { examplePath } from './example-batch.ts'

describe.each([
  ['demo', ['earthquakes', 'flights', 'machine', 'stocks', 'weather']],
  ['starter', ['signups', 'temperature']],
])('%s', (name, batches) => {
  it('loads without a fault, on a machine where nothing is set', async () => {
    const project = await loadProject(examplePath(name), catalogs, {})
    expect(project.faults).toEqual([])
    expect([...project.batches.keys()]).toEqual(batches)
    for (const batch of project.batches.values()) {
      expect(batch.settings.pipeline_cron_schedule).not.toBeNull()
      for (const source of batch.sources)
        if (source.kind === 'function')
          expect(source).toMatchObject({ language: 'typescript', file: `metrics/${batch.name}.ts` })
    }
  })
})
