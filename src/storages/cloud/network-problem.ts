const PROBLEMS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its address cannot be found; check the endpoint, the name and the network',
  EAI_AGAIN: 'its address cannot be looked up now; check the network',
  ECONNREFUSED: 'nothing listens at its address; check the endpoint',
  ECONNRESET: 'the connection broke',
  ETIMEDOUT: 'it does not answer; check the endpoint and the network',
  EHOSTUNREACH: 'its address cannot be reached; check the network',
  ENETUNREACH: 'its address cannot be reached; check the network',
  EPIPE: 'the connection broke',
}

/** What a failed connection means, wherever in the chain of causes it is told; undefined when it was not the connection. */
export function networkProblem(error: unknown): string | undefined {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth++) {
    const code = 'code' in inner ? String(inner.code) : ''
    const problem = PROBLEMS[code] ?? (inner.name === 'TimeoutError' ? PROBLEMS.ETIMEDOUT : undefined)
    if (problem !== undefined) return problem
    if (inner instanceof AggregateError && inner.errors.length > 0) return networkProblem(inner.errors[0])
  }
  return undefined
}
