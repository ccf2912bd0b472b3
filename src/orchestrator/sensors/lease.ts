import type { NoteStore } from '../../control/control.ts'
import type { Json } from '../../core/json.ts'

/** Lets one of any number of processes do something, until it stops or is not heard of any more. */
export interface Lease {
  /** Whether it is this process's turn; it stays so for as long as it asks again in time. */
  take(): Promise<boolean>
  release(): Promise<void>
}

interface Held {
  readonly holder: string
  /** Real time, UTC epoch ms. */
  readonly until: number
}

function heldOf(note: Json | undefined): Held | undefined {
  if (typeof note !== 'object' || note === null || !('holder' in note)) return undefined
  const { holder, until } = note
  return typeof holder === 'string' && typeof until === 'number' ? { holder, until } : undefined
}

/** A lease that is kept as a note. Clocks of machines may differ by less than `leaseMs`: two may hold it for a moment, which is why what is done under it must be
 * idempotent. */
export function holdLease(
  notes: NoteStore,
  { name, holder, leaseMs }: { readonly name: string; readonly holder: string; readonly leaseMs: number },
): Lease {
  async function replace(expected: Json | undefined, until: number): Promise<boolean> {
    const now = Date.now()
    return notes.replace(name, { expected, value: { holder, until }, now })
  }
  return {
    async take() {
      const now = Date.now()
      const note = await notes.get(name)
      const held = heldOf(note)
      const mine = held?.holder === holder
      if (held !== undefined && !mine && held.until > now && held.until <= now + leaseMs * 2) return false
      // Renewed when a third has passed: most checks write nothing.
      if (mine && held.until > now + (leaseMs * 2) / 3) return true
      return replace(note, now + leaseMs)
    },
    async release() {
      try {
        const note = await notes.get(name)
        const held = heldOf(note)
        if (held?.holder === holder) await replace(note, 0)
      } catch {
        // It runs out by itself.
      }
    },
  }
}
