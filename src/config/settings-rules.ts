import { nextCronTick } from '../core/cron.ts'
import { parseDuration } from '../core/duration.ts'
import { messageOf } from '../core/errors.ts'
import { isPyodClass } from '../core/pyod-class.ts'
import type { BatchSettings, ModelConfig } from './batch-settings.ts'
import {
  checkModelSearch,
  checkUpdate,
  type DetectorCatalog,
  findDetector,
  unknownDetector,
} from './detector-rules.ts'
import { nearest } from './faults.ts'
import type { Note } from './note.ts'
import { checkPolicy } from './policy-rules.ts'
import { schemaFaults } from './schema-faults.ts'
import { isStockTemplate } from './stock-templates.ts'
import { isTimeZone, timeZoneNames } from './time-zones.ts'

const PREPROCESS_KEYS = ['diff_n', 'smooth_n', 'lags_n', 'freq', 'freq_agg']

function checkCron(key: string, expression: string, timeZone: string, note: Note): void {
  try {
    // croner takes a date too; it would fire once.
    if (/^\s*\d{4}-/.test(expression)) throw new Error('expected a cron expression, not a date')
    if (nextCronTick({ cron: expression, timeZone }, Date.now()) === undefined)
      note([key], { message: `${key}: "${expression}" never comes` })
  } catch (error) {
    note([key], {
      message: `${key}: "${expression}" is not a cron expression: ${messageOf(error).replace(/^CronPattern: /, '')}`,
    })
  }
}

function checkDuration(path: readonly PropertyKey[], text: string, note: Note, smallest = 1): void {
  const ms = parseDuration(text)
  if (ms === undefined || ms < smallest)
    note(path, {
      message: `${path.join('.')}: "${text}" is not a ${smallest > 0 ? 'positive ' : ''}duration such as 5m, 1h or 1d`,
    })
}

function checkModel(config: ModelConfig, index: number, detectors: DetectorCatalog, note: Note): ModelConfig {
  const path = ['model_configs', index]
  // Only the user's Python knows what such a class takes: training says what is wrong.
  if (isPyodClass(config.model_name)) return { ...config, model_name: config.model_name.trim() }
  const detector = findDetector(detectors, config.model_name)
  if (detector === undefined) {
    note([...path, 'model_name'], unknownDetector(config.model_name, detectors))
    return config
  }
  const faults = schemaFaults(detector.options, config.model_params)
  for (const fault of faults)
    note(
      [...path, 'model_params', ...fault.path],
      { ...fault, message: `model_params of ${detector.name}: ${fault.message}` },
      fault.part,
    )
  const params = faults.length === 0 ? detector.options.parse(config.model_params) : config.model_params
  return { ...config, model_name: detector.name, model_params: params }
}

function checkPreprocessing(
  { preprocess_params: params, preprocess_fn: code }: BatchSettings,
  note: Note,
): void {
  if (params.freq !== null) checkDuration(['preprocess_params', 'freq'], params.freq, note)
  if (!isStockTemplate('preprocess_fn', code)) return
  for (const key of Object.keys(params))
    if (!PREPROCESS_KEYS.includes(key))
      note(
        ['preprocess_params', key],
        {
          message: `unknown key "preprocess_params.${key}"; only a preprocess_fn of your own may have others`,
          suggestion: nearest(key, PREPROCESS_KEYS),
        },
        'key',
      )
}

function checkThresholds(settings: BatchSettings, note: Note): void {
  for (const [metric, { upper, lower }] of Object.entries(settings.tholdalert_thresholds))
    if (upper !== undefined && lower !== undefined && lower > upper)
      note(['tholdalert_thresholds', metric], {
        message: `tholdalert_thresholds: lower is above upper for "${metric}"`,
      })
}

const NOT_HIDDEN = ['metric_value', 'metric_timestamp']

function checkAnonymizing({ anonymize, dimensions }: BatchSettings, note: Note): void {
  for (const [index, { pattern, columns = [] }] of anonymize.entries()) {
    if (pattern !== undefined)
      try {
        new RegExp(pattern, 'gu')
      } catch (error) {
        note(['anonymize', index, 'pattern'], { message: `anonymize: ${messageOf(error)}` })
      }
    const known = ['metric_name', 'metadata', ...dimensions]
    for (const [at, column] of columns.entries()) {
      const name = column.toLowerCase()
      if (NOT_HIDDEN.includes(name))
        note(['anonymize', index, 'columns', at], {
          message: `anonymize: ${column} cannot be hidden; choose from metric_name, dimensions and metadata`,
        })
      else if (
        !/[*]/.test(name) &&
        !name.startsWith('metadata.') &&
        !known.some((each) => each.toLowerCase() === name)
      )
        note(['anonymize', index, 'columns', at], {
          message: `anonymize: "${column}" is neither metric_name nor one of the dimensions nor metadata`,
          suggestion: nearest(column, known),
        })
    }
  }
}

function checkDimensions({ dimensions }: BatchSettings, note: Note): void {
  const taken = new Set(['metric_timestamp', 'metric_name', 'metric_value', 'metadata'])
  for (const [index, name] of dimensions.entries()) {
    const problem = taken.has(name.toLowerCase())
      ? 'has a meaning of its own, or is listed twice'
      : /^[^\s{},="\\]+$/.test(name)
        ? undefined
        : 'is not a name; give the column another with AS'
    if (problem !== undefined) note(['dimensions', index], { message: `dimensions: "${name}" ${problem}` })
    taken.add(name.toLowerCase())
  }
}

/** Checks of valid settings that a schema cannot make. Returns them with the names and parameters of detectors completed. */
export function applySettingsRules(
  settings: BatchSettings,
  detectors: DetectorCatalog,
  note: Note,
): BatchSettings {
  const zone = isTimeZone(settings.time_zone) ? settings.time_zone : undefined
  if (zone === undefined)
    note(['time_zone'], {
      message: `time_zone: "${settings.time_zone}" is not an IANA time zone`,
      suggestion: nearest(settings.time_zone, timeZoneNames()),
    })
  for (const [key, value] of Object.entries(settings))
    if (key.endsWith('_cron_schedule') && typeof value === 'string')
      checkCron(key, value, zone ?? 'UTC', note)

  checkDuration(['query_timeout'], settings.query_timeout, note)
  checkDuration(['function_timeout'], settings.function_timeout, note)
  checkDuration(['settle'], settings.settle, note, 0)
  checkDuration(['schedule_jitter'], settings.schedule_jitter, note, 0)
  checkDuration(['run_retry_delay'], settings.run_retry_delay, note, 0)
  if (settings.fresh_within !== null) checkDuration(['fresh_within'], settings.fresh_within, note)
  if (settings.step !== null) checkDuration(['step'], settings.step, note)
  checkPreprocessing(settings, note)
  checkUpdate(settings, detectors, note)
  checkModelSearch(settings, detectors, note)
  checkThresholds(settings, note)
  checkPolicy(settings, note)
  checkDimensions(settings, note)
  checkAnonymizing(settings, note)
  return {
    ...settings,
    model_configs: settings.model_configs.map((config, index) => checkModel(config, index, detectors, note)),
  }
}
