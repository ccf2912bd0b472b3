/** A seeded source of random numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, bound). */
  int(bound: number): number
}

/** A source whose place in its sequence can be kept: `resumeRandom(random.place())` goes on with the numbers that `random` would give. */
export interface ResumableRandom extends Random {
  /** Four whole numbers. */
  place(): Int32Array
}

/** The 32-bit generator sfc32 (Chris Doty-Humphrey, PractRand), seeded by a number. */
export function createRandom(seed: number): ResumableRandom {
  const random = resumeRandom(Int32Array.of(seed, seed / 4294967296, 0x9e3779b9, 1))
  // The first numbers of similar seeds are similar; each call takes one step.
  for (let i = 0; i < 15; i++) random.int(1)
  return random
}

/** The source that was at this place. */
export function resumeRandom(place: Int32Array): ResumableRandom {
  let [a = 0, b = 0, c = 0, counter = 0] = place
  const step = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  return {
    next: () => (step() * 2097152 + (step() >>> 11)) / 9007199254740992,
    int: (bound) => Math.floor((step() / 4294967296) * bound),
    place: () => Int32Array.of(a, b, c, counter),
  }
}

/** A stable 32-bit FNV-1a hash of a text, to derive a seed or a jitter from a name. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}
