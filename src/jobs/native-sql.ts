import { AnomstackError, messageOf } from '../core/errors.ts'
import type { JobContext } from './job.ts'

/** What only looks: such a statement can be explained. */
const LOOKS = /^\s*(?:select|with)\b/i

/**
 * The ingest query in the SQL of the database that answers it: as it is, or translated from the batch's `sql_dialect`. A translation is checked by the database's
 * own EXPLAIN before it is run. Throws `QUERY_FAILED` with the translated text.
 */
export async function nativeSql(text: string, context: JobContext, timeoutMs: number): Promise<string> {
  const { batch, signal, source, translate } = context
  const from = batch.settings.sql_dialect
  if (from === null) return text
  const { statements, explains } = await translate(text, from)
  const translated = statements.join(';\n')
  if (!explains) return translated
  for (const statement of statements.filter((each) => LOOKS.test(each)))
    try {
      await source.query(`EXPLAIN ${statement}`, { signal, timeoutMs })
    } catch (error) {
      if (!(error instanceof AnomstackError) || error.code !== 'QUERY_FAILED') throw error
      throw new AnomstackError(
        'QUERY_FAILED',
        `translated from ${from}, the query is refused: ${messageOf(error)}; it reads: ${statement}`,
        { cause: error },
      )
    }
  return translated
}
