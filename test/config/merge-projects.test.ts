import { describe, expect, it } from 'vitest'
import { catalogs } from '../../src/catalogs.ts'
import { loadProject } from '../../src/config/load-project.ts'
import { mergeProjects } from '../../src/config/merge-projects.ts'
import { projectChanges } from '../../src/config/project-changes.ts'
import { createProject, writeFiles } from '../project.ts'

const batch = (name: string, more = ''): string =>
  `metric_batch: ${JSON.stringify(name)}\ndb: warehouse\ningest_sql: select 1\n${more}`
const CONNECTIONS = 'connections:\n  warehouse: {kind: sqlite, path: w.db}\n'

/** A project before and after these files were written; null empties a file. */
async function changed(after: Readonly<Record<string, string>>) {
  const dir = await createProject({
    'anomstack.yaml': CONNECTIONS,
    'a.yaml': batch('a'),
    'b.yaml': batch('__proto__'),
    'c.yaml': batch('c'),
  })
  const current = await loadProject(dir, catalogs, {})
  expect(current.faults).toEqual([])
  await writeFiles(dir, after)
  const loaded = await loadProject(dir, catalogs, {})
  return { current, loaded, merged: mergeProjects(current, loaded) }
}

describe('mergeProjects', () => {
  it('takes what is valid, keeps what is faulty as it was, and drops what is disabled or renamed', async () => {
    const { current, merged } = await changed({
      'a.yaml': batch('a', 'alert_threshold: 7\n'),
      'b.yaml': batch('__proto__', 'alert_threshold: 0.5\n'),
      'c.yaml': batch('c', 'disable_batch: true\n'),
      'd.yaml': batch('d'),
    })
    expect(merged).toMatchObject({ accepted: true, kept: ['a'] })
    expect([...merged.project.batches.keys()]).toEqual(['__proto__', 'a', 'd'])
    expect(merged.project.batches.get('a')).toBe(current.batches.get('a'))
    expect(merged.project.faults.map(({ batch: name }) => name)).toEqual(['a'])
    expect(projectChanges(current, merged.project)).toEqual({
      added: ['d'],
      removed: ['c'],
      changed: ['__proto__'],
    })
    expect(() => (merged.project.batches as Map<string, unknown>).delete('a')).toThrow('frozen')
  })

  it('keeps the connection of a batch that goes on as it was', async () => {
    const { current, merged } = await changed({
      'anomstack.yaml': 'connections:\n  other: {kind: sqlite, path: o.db}\n',
    })
    expect(merged.kept).toEqual(['__proto__', 'a', 'c'])
    expect(merged.project.connections.get('warehouse')).toBe(current.connections.get('warehouse'))
    expect(merged.project.connections.has('other')).toBe(true)
  })

  it('leaves everything as it was when something shared has a new error, until that is gone', async () => {
    const { current, loaded, merged } = await changed({
      'anomstack.yaml': 'connections: [',
      'a.yaml': batch('a', 'alert_threshold: 0.1\n'),
    })
    expect(merged.accepted).toBe(false)
    expect(merged.project.batches).toBe(current.batches)
    expect(merged.project.connections).toBe(current.connections)
    expect(merged.project.faults).toBe(loaded.faults)
    // The same error again does not become tolerable by having been reported.
    expect(mergeProjects(merged.project, loaded, current.faults).accepted).toBe(false)
    expect(mergeProjects(loaded, loaded).accepted).toBe(true)
  })
})
