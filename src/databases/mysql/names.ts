import { AnomstackError } from '../../core/errors.ts'
import { tableNameParts } from '../tables/identifiers.ts'
import { quoteName } from './dialect.ts'

/** A table's name, taken apart. */
export interface MysqlTable {
  readonly schema?: string
  /** With its database, as it stands in a statement. */
  readonly quoted: string
  /** As it stands in a message. */
  readonly shown: string
}

const MAX_LENGTH = 64

/** Throws `INPUT_INVALID` for a name that MySQL cannot give to a table. */
export function mysqlTable(name: string): MysqlTable {
  const parts = tableNameParts(name)
  const problem =
    parts.length > 2
      ? 'write table or database.table'
      : parts.map(problemOf).find((each) => each !== undefined)
  if (problem !== undefined)
    throw new AnomstackError(
      'INPUT_INVALID',
      `${JSON.stringify(name)} is no name for a table of MySQL: ${problem}`,
    )
  const schema = parts.at(-2)
  return {
    ...(schema === undefined ? {} : { schema }),
    quoted: parts.map(quoteName).join('.'),
    shown: parts.join('.'),
  }
}

function problemOf(part: string): string | undefined {
  if (/[\u{10000}-\u{10ffff}]/u.test(part)) return 'its names hold no characters above U+FFFF, such as emoji'
  if (part.endsWith(' ')) return 'its names do not end with a space'
  return part.length > MAX_LENGTH ? `its names have at most ${MAX_LENGTH} characters` : undefined
}
