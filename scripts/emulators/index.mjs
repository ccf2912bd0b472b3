import * as bigquery from './bigquery.mjs'
import * as gcs from './gcs.mjs'
import * as mysql from './mysql.mjs'
import * as prometheus from './prometheus.mjs'
import * as python from './python.mjs'
import * as s3 from './s3.mjs'
import * as snowflake from './snowflake.mjs'

/** What each file of test/emulators needs: the name of the file up to its first dot -> a preparation, which returns variables for the tests. */
export const EMULATORS = {
  bigquery,
  gcs,
  s3,
  prometheus,
  python,
  mariadb: mysql,
  mysql,
  redshift: s3,
  snowflake,
}
