const TIMEOUT_MS = 8_000

/**
 * What a server answers, read as JSON. Throws when it does not answer within eight seconds, answers with an error, or with something that is
 * no JSON. No message holds what follows the question mark of the address, since keys stand there.
 */
export async function fetchJson(url: string, init: RequestInit = {}): Promise<unknown> {
  const { origin, pathname } = new URL(url)
  const place = origin + pathname
  let response: Response
  let text: string
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
    text = await response.text()
  } catch (error) {
    throw new Error(`${place} could not be read`, { cause: error })
  }
  if (!response.ok) throw new Error(`${place} answered ${response.status}${advice(response.status)}`)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${place} answered something that is no JSON`)
  }
}

function advice(status: number): string {
  if (status === 401 || status === 403) return ': it wants a key, or another one'
  if (status === 429) return ': it was asked too often'
  return ''
}
