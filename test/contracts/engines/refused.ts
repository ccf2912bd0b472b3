/** Passwords of the options that are refused, as they are and as addresses write them. */
export const WRONG_SECRETS = ["wr0ng'secret", 'wr0ng%27secret', 'wr0ngsecret']

/** Options of which each is refused with a message that says the same. */
export function allSaying(refused: Readonly<Record<string, Record<string, unknown>>>, says: RegExp) {
  return Object.fromEntries(Object.entries(refused).map(([what, options]) => [what, { options, says }]))
}
