/** A seeded source of random numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, bound). */
  int(bound: number): number
}

/** The 32-bit generator sfc32 (Chris Doty-Humphrey, PractRand), seeded by a number. */
export function createRandom(seed: number): Random {
  let a = seed | 0
  let b = (seed / 4294967296) | 0
  let c = 0x9e3779b9 | 0
  let counter = 1
  const step = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 15; i++) step()
  return {
    next: () => (step() * 2097152 + (step() >>> 11)) / 9007199254740992,
    int: (bound) => Math.floor((step() / 4294967296) * bound),
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
