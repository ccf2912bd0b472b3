import type { BatchSettings } from '../config/batch-settings.ts'
import { parseDuration } from '../core/duration.ts'
import { isPyodClass } from '../core/pyod-class.ts'
import type { ModelSpec } from '../models/model-spec.ts'

/** The specification with the Python of this machine, where one of its detectors needs it. */
export function withPython(spec: ModelSpec, settings: BatchSettings): ModelSpec {
  if (!spec.detectors.some(({ name }) => isPyodClass(name))) return spec
  const python = {
    command: settings.python,
    timeoutMs: parseDuration(settings.function_timeout) ?? 60_000,
    memoryMb: settings.function_memory_mb,
  }
  return { ...spec, python }
}
