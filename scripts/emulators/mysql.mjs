// MariaDB from Debian, for the tests of `mysql` and `mariadb`: `test/mysql/start-mariadb.ts` starts it.
import { debianPackages } from './debian.mjs'

/** Variables for the tests. */
export function prepare() {
  const { folder, environment } = debianPackages('mariadb', ['mariadb-server-core'])
  return {
    ANOMSTACK_TEST_MARIADB: folder,
    ANOMSTACK_TEST_MARIADB_LIBRARIES: environment.LD_LIBRARY_PATH,
  }
}
