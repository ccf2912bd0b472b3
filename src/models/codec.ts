import { AnomstackError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { findDetector } from '../detectors/index.ts'
import type { Scale } from '../detectors/probability.ts'
import { detectorPython } from './detector-python.ts'
import type { Expectation } from './expectation.ts'
import type { FittedDetector, MetricModel } from './metric-model.ts'
import type { PythonSettings } from './model-spec.ts'
import { aligned, joinAligned, pack, unpack } from './packed.ts'
import { describeState, readState } from './state-codec.ts'

const MAGIC = 'ANM1'

interface Header extends Omit<MetricModel, 'detectors'> {
  readonly detectors: readonly {
    readonly name: string
    readonly tag: string
    readonly scale: Scale
    /** Neither was there from the first. */
    readonly window?: FittedDetector['window']
    readonly threshold?: number
    readonly state: Json
  }[]
}

/** A model as bytes, about 8 bytes a training point with the default detectors. */
export function encodeModel(model: MetricModel): Uint8Array {
  const parts: Uint8Array[] = []
  let length = 0
  const write = (bytes: Uint8Array) => {
    const offset = length
    parts.push(bytes)
    length += aligned(bytes.length)
    return offset
  }
  const header: Header = {
    ...model,
    detectors: model.detectors.map(({ model: { state }, ...detector }) => ({
      ...detector,
      state: describeState(state, write),
    })),
  }
  return pack(MAGIC, header as unknown as Json, joinAligned(parts))
}

const isNumber = (value: unknown): value is number => typeof value === 'number'
const allNumbers = (value: object, keys: readonly string[]) =>
  keys.every((key) => isNumber((value as Record<string, unknown>)[key]))

function restoreDetector(
  { name, tag, scale, window, threshold, state }: Header['detectors'][number],
  body: Uint8Array,
  python: PythonSettings | undefined,
): FittedDetector {
  const detector = findDetector(name)
  if (!detector)
    throw new AnomstackError(
      'MODEL_INVALID',
      `the stored model is of the detector "${name}", which is not known`,
    )
  const parameters = scale.method === 'unify' ? ['mean', 'deviation'] : ['min', 'max']
  if (!allNumbers(scale, parameters)) throw new RangeError('no scale of scores')
  if (window !== undefined && window !== 'time' && !(Number.isInteger(window) && window > 0))
    throw new RangeError('no window')
  const model = detector.restore(
    readState(state, body),
    python === undefined ? {} : { python: detectorPython(python) },
  )
  return {
    name,
    tag,
    scale,
    ...(window === undefined ? {} : { window }),
    ...(threshold === undefined ? {} : { threshold }),
    model,
  }
}

/** The model, which gives the same scores bit for bit; `python` is needed to score with detectors of PyOD. Throws `MODEL_INVALID` for anything that `encodeModel` did not write. */
export function decodeModel(bytes: Uint8Array, python?: PythonSettings): MetricModel {
  try {
    const { header, body } = unpack(MAGIC, bytes)
    const { metric, detectors, expectation, columns, from, to, count } = header as unknown as Header
    if (!allNumbers({ columns, from, to, count }, ['columns', 'from', 'to', 'count']))
      throw new RangeError('no training window')
    if (!allNumbers(expectation, ['diff', 'centre', 'spread', 'width']))
      throw new RangeError('no expectation')
    const { diff, centre, spread, width }: Expectation = expectation
    return {
      metric,
      detectors: detectors.map((each) => restoreDetector(each, body, python)),
      expectation: { diff, centre, spread, width },
      columns,
      from,
      to,
      count,
    }
  } catch (error) {
    if (error instanceof AnomstackError && error.code === 'MODEL_INVALID') throw error
    throw new AnomstackError('MODEL_INVALID', 'the stored model cannot be read; train again', {
      cause: error,
    })
  }
}
