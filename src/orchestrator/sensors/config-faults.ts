import { createHash } from 'node:crypto'
import type { NoticeBoard } from '../../alerts/notice-board.ts'
import { formatFault } from '../../config/faults.ts'
import type { Fault } from '../../config/project.ts'
import type { Clock } from '../../core/clock.ts'
import { formatTimestamp } from '../../core/timestamp.ts'

const SHOWN = 20

interface FaultReport {
  readonly notices: NoticeBoard
  readonly clock: Clock
  readonly faults: readonly Fault[]
  /** What becomes of a faulty file's batches, in a sentence. */
  readonly consequence: (faults: readonly Fault[]) => string
}

/** Tells of the errors of each file once, again when they are others, and once when it has none any more. */
export async function reportFaults({ notices, clock, faults, consequence }: FaultReport): Promise<void> {
  const now = clock.now()
  const byFile = new Map<string, Fault[]>()
  for (const fault of faults)
    if (fault.severity === 'error') byFile.set(fault.file, [...(byFile.get(fault.file) ?? []), fault])
  const opened = await notices.opened('config-invalid')
  for (const [file, errors] of byFile) {
    const lines = errors.map(formatFault)
    const version = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
    const open = opened.get(file)
    if (open?.details.version === version) continue
    if (open !== undefined) await notices.resolve(open)
    const more = errors.length > SHOWN ? [`… and ${errors.length - SHOWN} more`] : []
    await notices.open({
      kind: 'config-invalid',
      subject: file,
      since: now,
      title: `❌ [${file}] has ${errors.length === 1 ? 'a fault' : `${errors.length} faults`} (${formatTimestamp(now)}) ❌`,
      text: [...lines.slice(0, SHOWN), ...more, '', consequence(errors)].join('\n'),
      details: { file, version, faults: errors.length },
    })
  }
  for (const [file, open] of opened)
    if (!byFile.has(file))
      await notices.resolve(open, {
        title: `✅ [${file}] has no fault any more (${formatTimestamp(now)}) ✅`,
        text: `It had some since ${formatTimestamp(open.since)}.`,
      })
}
