import { isDeepStrictEqual } from 'node:util'
import type { Project } from './project.ts'

/** Names of batches, in order. */
export interface ProjectChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/** What became of the batches of a project. Texts of files that templates include do not count: they are read whenever they are used. */
export function projectChanges(
  before: Pick<Project, 'batches'>,
  after: Pick<Project, 'batches'>,
): ProjectChanges {
  const names = [...after.batches.keys()]
  return {
    added: names.filter((name) => !before.batches.has(name)),
    removed: [...before.batches.keys()].filter((name) => !after.batches.has(name)),
    changed: names.filter((name) => {
      const earlier = before.batches.get(name)
      return earlier !== undefined && !isDeepStrictEqual(earlier, after.batches.get(name))
    }),
  }
}
