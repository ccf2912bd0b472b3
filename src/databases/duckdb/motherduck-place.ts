import { AnomstackError } from '../../core/errors.ts'
import type { DuckdbPlace } from './instance.ts'

/**
 * Where a database of MotherDuck is, by an address such as `md:name` or `md:name?motherduck_token=…`. The token is kept out of the address, which errors show. Throws
 * `CONNECTION_FAILED` without a token: DuckDB would ask for one in a browser.
 */
export function motherduckPlace({
  path,
  token,
}: {
  readonly path: string
  readonly token?: string
}): DuckdbPlace {
  const [address = '', query = ''] = path.split('?', 2)
  const settings = new URLSearchParams(query)
  const found = token ?? settings.get('motherduck_token') ?? settings.get('token')
  settings.delete('motherduck_token')
  settings.delete('token')
  if (found === null || found === '')
    throw new AnomstackError(
      'CONNECTION_FAILED',
      `the MotherDuck database ${address} needs a token: make one in MotherDuck's settings and give it as ANOMSTACK_MOTHERDUCK_TOKEN, or as option of the connection`,
      { retryable: false },
    )
  const rest = settings.toString()
  return {
    path: rest === '' ? address : `${address}?${rest}`,
    config: { motherduck_token: found },
  }
}
