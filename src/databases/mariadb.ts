import { defineDatabase } from './database.ts'
import { mysql } from './mysql.ts'

/** The same as `mysql`, under the name that users of MariaDB look for. */
export const mariadb = defineDatabase({
  ...mysql,
  name: 'mariadb',
  summary: 'A MariaDB server, 10.3 or newer.',
  example: { url: 'mariadb://anomstack:password@localhost:3306/metrics' },
  environment: {
    url: 'ANOMSTACK_MARIADB_URL',
    host: 'ANOMSTACK_MARIADB_HOST',
    port: 'ANOMSTACK_MARIADB_PORT',
    user: 'ANOMSTACK_MARIADB_USER',
    password: 'ANOMSTACK_MARIADB_PASSWORD',
    database: 'ANOMSTACK_MARIADB_DATABASE',
    ssl: 'ANOMSTACK_MARIADB_SSL',
  },
})
