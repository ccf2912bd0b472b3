/** Why a target is missed, by the name of the measurement; written by hand. */
export const REASONS: Readonly<Record<string, string>> = {}
