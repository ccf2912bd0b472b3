import { isDeepStrictEqual } from 'node:util'
import type { Kysely } from 'kysely'
import type { Json } from '../core/json.ts'
import type { ControlAccess } from './access.ts'
import type { NoteStore } from './control.ts'
import { keptStart } from './control-text.ts'
import type { ControlSchema } from './schema.ts'

async function textOf(db: Kysely<ControlSchema>, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('note').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value
}

/** Whether the text of a note says this, in whatever order the keys of objects stand. */
function says(text: string | undefined, value: Json | undefined): boolean {
  if (text === undefined || value === undefined) return text === value
  return isDeepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
}

/** The first text, by bytes, that comes after all that start with the prefix; undefined when there is none. */
function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!)
  while (points.at(-1) === 0x10ffff) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  // Halves of surrogate pairs are no characters.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
}

/** Notes, each under its key. */
export function createNoteStore({ read, write }: ControlAccess): NoteStore {
  return {
    get: (key) =>
      read(async (db) => {
        const text = await textOf(db, key)
        return text === undefined ? undefined : (JSON.parse(text) as Json)
      }),

    list: (prefix) =>
      read(async (db) => {
        const start = keptStart(prefix)
        const after = afterPrefix(start)
        let query = db.selectFrom('note').select(['key', 'value']).where('key', '>=', start).orderBy('key')
        if (after !== undefined) query = query.where('key', '<', after)
        const rows = (await query.execute()).filter(({ key }) => key.startsWith(prefix))
        return new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as Json]))
      }),

    async set(key, value, now) {
      const text = JSON.stringify(value)
      await write((db) =>
        db
          .insertInto('note')
          .values({ key, value: text, changed_at: now })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: text, changed_at: now }))
          .execute(),
      )
    },

    replace: (key, { expected, value, now }) =>
      write(async (db) => {
        const known = await textOf(db, key)
        if (!says(known, expected)) return false
        const changed = { value: JSON.stringify(value), changed_at: now }
        // Somebody else may be at the same: the statement itself tells who is first.
        const won =
          known === undefined
            ? await db
                .insertInto('note')
                .values({ key, ...changed })
                .onConflict((conflict) => conflict.column('key').doNothing())
                .returning('key')
                .executeTakeFirst()
            : await db
                .updateTable('note')
                .set(changed)
                .where('key', '=', key)
                .where('value', '=', known)
                .returning('key')
                .executeTakeFirst()
        return won !== undefined
      }),

    async remove(key) {
      await write((db) => db.deleteFrom('note').where('key', '=', key).execute())
    },
  }
}
