import { describe, expect, it } from 'vitest'
import { paintFor } from '../../src/cli/paint.ts'
import { describeRun } from '../../src/cli/run-report.ts'
import type { Json } from '../../src/core/json.ts'
import type { Run, Step } from '../../src/runs/run.ts'

const RUN: Run = {
  id: '1',
  job: 'pipeline',
  queue: 'ingest',
  batch: 'sales',
  trigger: 'manual',
  status: 'succeeded',
  attempt: 1,
  queuedAt: 0,
  startedAt: 0,
  endedAt: 12_345,
}

function step(name: string, ms: number, result?: Json): Step {
  const base = { runId: '1', index: 0, attempt: 1, status: 'succeeded', startedAt: 0, endedAt: ms } as const
  return { ...base, name, ...(result === undefined ? {} : { result }) }
}

const described = (run: Run, steps: readonly Step[]) => describeRun({ run, steps, logs: [] }, paintFor({}))

describe('a run described', () => {
  it('is aligned, by stages, without steps that say nothing', () => {
    const text = described(RUN, [
      step('ingest/prepare table', 900),
      step('ingest/read', 7, { rows: 1 }),
      step('ingest/read 収入', 1234, { rows: 240 }),
      step('train/publish', 9, { version: 'v1' }),
      step('score/score', 11_000, {}),
    ])
    expect(text).toBe(
      [
        '✓ sales pipeline succeeded in 12.3 s',
        '  ingest  read          7 ms  1 row',
        '          read 収入  1234 ms  240 rows',
        '  train   publish       9 ms  version v1',
        '  score   score       11.0 s',
        '',
      ].join('\n'),
    )
  })

  it('tells an error once, in full, and of other steps their own', () => {
    const failed = { ...step('read', 3), status: 'failed' as const }
    const error = { code: 'QUERY_FAILED' as const, message: 'no such table\n\n  at line 1' }
    const text = described(
      { ...RUN, status: 'failed', error: { ...error, message: `batch "sales": ${error.message}` } },
      [
        { ...failed, error },
        { ...failed, name: 'write', error: { code: 'WRITE_FAILED', message: 'disk \u001b[1mfull' } },
      ],
    )
    expect(text).toBe(
      [
        '✗ sales pipeline failed in 12.3 s',
        '  read   3 ms  ✗ failed',
        '  write  3 ms  ✗ disk  [1mfull',
        '  QUERY_FAILED batch "sales": no such table',
        '',
        '      at line 1',
        '',
      ].join('\n'),
    )
  })
})
