/** Shorter values are too common to be taken out of texts. */
const SHORTEST = 4

/** A function that replaces every one of the secrets in a text, also in its URL-encoded form, by `***`. */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(
    secrets
      .filter((secret) => secret.length >= SHORTEST)
      .flatMap((secret) => [secret, encodeURIComponent(secret)]),
  )
  if (forms.size === 0) return (text) => text
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(
    longestFirst.map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'),
    'g',
  )
  return (text) => text.replace(pattern, '***')
}
