import { defineDatabase } from './database.ts'
import { lazyDatabase } from './lazy-database.ts'
import { mysqlDialect } from './mysql/dialect.ts'
import { mysqlOptions } from './mysql/options.ts'

export const mysql = defineDatabase({
  name: 'mysql',
  summary: 'A MySQL server, 8.0.17 or newer, or what speaks its protocol.',
  dialect: mysqlDialect,
  transpiledTo: 'mysql',
  options: mysqlOptions,
  example: { url: 'mysql://anomstack:password@localhost:3306/metrics' },
  environment: {
    url: 'ANOMSTACK_MYSQL_URL',
    host: 'ANOMSTACK_MYSQL_HOST',
    port: 'ANOMSTACK_MYSQL_PORT',
    user: 'ANOMSTACK_MYSQL_USER',
    password: 'ANOMSTACK_MYSQL_PASSWORD',
    database: 'ANOMSTACK_MYSQL_DATABASE',
    ssl: 'ANOMSTACK_MYSQL_SSL',
  },
  create: (given) =>
    lazyDatabase('mysql2', async () => (await import('./mysql/open-mysql.ts')).openMysql(given)),
})
