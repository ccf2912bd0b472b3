import type { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import type { StateReader } from '../checks.ts'
import type {
  DetectorDefinition,
  FitEnvironment,
  Fitted,
  Matrix,
  Model,
  ModelState,
  RestoreEnvironment,
} from '../detector.ts'

/** Looks a detector up by its name. Ensembles are given it, because detectors do not know each other. */
export type FindDetector = (name: string) => DetectorDefinition | undefined

/** A detector of an ensemble as a batch writes it. */
export interface Choice {
  readonly name: string
  readonly params: Readonly<Record<string, unknown>>
  /** Where in the options of the ensemble the two are written. */
  readonly namePath: readonly PropertyKey[]
  readonly paramsPath: readonly PropertyKey[]
}

/** Reports what is wrong with a choice: an unknown name, a detector of no use here, or options that are not its own. */
export function checkChoice(find: FindDetector, choice: Choice, context: z.core.$RefinementCtx): void {
  const definition = find(choice.name)
  const note = (path: readonly PropertyKey[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message })
  if (definition === undefined) note(choice.namePath, `there is no detector "${choice.name}"`)
  else if (definition.family !== 'tabular')
    note(choice.namePath, `${definition.name} judges a series, not rows of any columns`)
  else
    for (const { path, message } of definition.options.safeParse(choice.params).error?.issues ?? [])
      note([...choice.paramsPath, ...path], `${definition.name}: ${message}`)
}

/** A detector that was fitted for an ensemble, or restored. */
export interface Member {
  readonly name: string
  readonly model: Model
}

/** Fits the detector of a choice that was checked. */
export function fitMember(
  find: FindDetector,
  { name, params }: Pick<Choice, 'name' | 'params'>,
  { data, environment }: { readonly data: Matrix; readonly environment: FitEnvironment },
): Member & Pick<Fitted, 'trainScores'> {
  const definition = find(name)
  if (definition === undefined)
    throw new AnomstackError('TRAINING_IMPOSSIBLE', `there is no detector "${name}"`)
  const { model, trainScores } = definition.fit(data, definition.options.parse(params), environment)
  return { name: definition.name, model, trainScores }
}

/** The states of the members in one: the keys of member i begin with `i.`, and `i` is its name. */
export function packMembers(members: readonly Member[]): ModelState {
  return Object.fromEntries(
    members.flatMap(({ name, model }, i) => [
      [String(i), name] as const,
      ...Object.entries(model.state).map(([key, value]) => [`${i}.${key}`, value] as const),
    ]),
  )
}

interface Packed {
  readonly count: number
  readonly read: StateReader
  readonly environment: RestoreEnvironment | undefined
}

/** The reverse of `packMembers`, for so many members; throws `MODEL_INVALID`. */
export function unpackMembers(
  find: FindDetector,
  state: ModelState,
  { count, read, environment }: Packed,
): readonly Member[] {
  return Array.from({ length: count }, (_, i) => {
    const name = Object.hasOwn(state, String(i)) ? state[String(i)] : undefined
    const definition = typeof name === 'string' ? find(name) : undefined
    read.require(definition !== undefined, `member ${i} is not a detector`)
    const own = Object.entries(state)
      .filter(([key]) => key.startsWith(`${i}.`))
      .map(([key, value]) => [key.slice(`${i}.`.length), value] as const)
    return { name: definition!.name, model: definition!.restore(Object.fromEntries(own), environment) }
  })
}
