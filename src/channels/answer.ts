import { deliveryErrorFromStatus } from './delivery-error.ts'

const MOST_BYTES = 2048

/** The beginning of an answer's body; the rest is not read. Never throws: an error's text must not hide the error. */
async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    while (bytes < MOST_BYTES) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.length
      text += decoder.decode(value.subarray(0, MOST_BYTES), { stream: true })
    }
  } catch {
    // The connection broke in the middle: what came so far is what there is.
  }
  await reader.cancel().catch(() => {})
  return text
}

/** Throws the `DELIVERY_FAILED` error of an answer that is not a success; of a success only the head is read. */
export async function assertAccepted(
  channel: string,
  response: Response,
  secrets: readonly string[],
): Promise<void> {
  if (response.ok) {
    await response.body?.cancel().catch(() => {})
    return
  }
  const body = await beginningOf(response)
  throw deliveryErrorFromStatus(channel, response.status, {
    body,
    retryAfter: response.headers.get('retry-after'),
    secrets,
  })
}
