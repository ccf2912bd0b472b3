// Prometheus from Debian, for the tests of `prometheus`.
import path from 'node:path'
import { debianPackages } from './debian.mjs'

/** Variables for the tests. */
export function prepare() {
  const { folder } = debianPackages('prometheus', ['prometheus'])
  return { ANOMSTACK_TEST_PROMETHEUS: path.join(folder, 'usr', 'bin', 'prometheus') }
}
