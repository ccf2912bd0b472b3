const WINDOW = 6
const MASK = '***'

/** How a secret looks when the other side sends it back. */
function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  const json = JSON.stringify(secret).slice(1, -1)
  return [
    secret,
    encodeURIComponent(secret),
    json,
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    Buffer.from(secret).toString('hex'),
  ]
}

/** The text with every secret in it masked: whole or any six characters of it in a row, plain, percent-encoded, in base64 or hex, in any case. */
export function scrub(text: string, secrets: readonly string[]): string {
  const windows = new Map<number, Set<string>>()
  for (const form of secrets.flatMap(formsOf)) {
    const lower = form.toLowerCase()
    const width = Math.min(WINDOW, lower.length)
    if (width === 0) continue
    const set = windows.get(width) ?? new Set()
    windows.set(width, set)
    for (let index = 0; index + width <= lower.length; index++) set.add(lower.slice(index, index + width))
  }
  const hidden = new Uint8Array(text.length)
  const lower = text.toLowerCase()
  // A few characters change their length in lower case, and indices would be off.
  const searched = lower.length === text.length ? lower : text
  for (const [width, set] of windows)
    for (let index = 0; index + width <= searched.length; index++)
      if (set.has(searched.slice(index, index + width))) hidden.fill(1, index, index + width)
  let result = ''
  for (let index = 0; index < text.length; index++) {
    if (hidden[index] === 0) result += text[index]
    else if (hidden[index - 1] !== 1) result += MASK
  }
  return result
}

/** The parts of an address that let whoever knows them in: credentials, path and query; not its host. */
export function secretsOfUrl(address: string): readonly string[] {
  const url = new URL(address)
  const parts = [url.username, url.password, ...url.pathname.split('/'), ...url.searchParams.values()]
  const decoded = parts.flatMap((part) => {
    try {
      return [part, decodeURIComponent(part)]
    } catch {
      return [part]
    }
  })
  return [...new Set(decoded)].filter((part) => part.length >= 4)
}
