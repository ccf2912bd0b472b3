import { z } from 'zod'
import type { SensorServices } from './sensor.ts'

const NOTE = 'fits'
const MOST_ATTEMPTS = 5

/** Batch, fingerprint of its fit, and when that was noted, UTC epoch ms. */
const fits = z.array(z.tuple([z.string(), z.string(), z.number()]))

/** Queues training of the batches whose fit has changed since anybody looked, also while nothing ran; once, however many processes look. Returns their names. */
export async function refitChanged({
  project,
  control,
  clock,
  orchestrator,
  fitFingerprint,
}: SensorServices): Promise<readonly string[]> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const note = await control.notes.get(NOTE)
    const known = new Map((fits.safeParse(note).data ?? []).map(([name, ...fit]) => [name, fit] as const))
    const now = clock.now()
    const next: z.output<typeof fits> = []
    const changed: string[] = []
    for (const batch of project().batches.values()) {
      const [before, notedAt] = known.get(batch.name) ?? []
      const fingerprint = fitFingerprint(batch)
      if (before === fingerprint && notedAt !== undefined) {
        next.push([batch.name, before, notedAt])
        continue
      }
      next.push([batch.name, fingerprint, now])
      // What is new is trained when that is due.
      if (notedAt === undefined || batch.settings.disable_train) continue
      changed.push(batch.name)
      // Before it is noted: a crash in between leaves it to be done again, under the same key.
      await orchestrator.enqueue(
        { job: 'train', batch: batch.name, trigger: 'sensor' },
        { idempotencyKey: `fit:${batch.name}:${notedAt}:${fingerprint}` },
      )
    }
    if (note !== undefined && changed.length === 0 && isUnchanged(known, next)) return []
    if (await control.notes.replace(NOTE, { expected: note, value: next, now })) return changed
  }
  return []
}

function isUnchanged(known: ReadonlyMap<string, readonly unknown[]>, next: z.output<typeof fits>): boolean {
  return next.length === known.size && next.every(([name, print]) => known.get(name)?.[0] === print)
}
