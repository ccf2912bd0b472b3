import type { Kysely } from 'kysely'
import type { Json } from '../core/json.ts'
import type { ControlAccess } from './access.ts'
import type { NoteStore } from './control.ts'
import type { ControlSchema } from './schema.ts'

async function textOf(db: Kysely<ControlSchema>, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('note').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value
}

export function createNoteStore({ read, write, exclusive }: ControlAccess): NoteStore {
  const put = (key: string, value: Json, now: number) => (db: Kysely<ControlSchema>) => {
    const text = JSON.stringify(value)
    return db
      .insertInto('note')
      .values({ key, value: text, changed_at: now })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: text, changed_at: now }))
      .execute()
  }
  return {
    get: (key) =>
      read(async (db) => {
        const text = await textOf(db, key)
        return text === undefined ? undefined : (JSON.parse(text) as Json)
      }),

    list: (prefix) =>
      read(async (db) => {
        const rows = await db.selectFrom('note').select(['key', 'value']).orderBy('key').execute()
        return new Map(
          rows
            .filter(({ key }) => key.startsWith(prefix))
            .map(({ key, value }) => [key, JSON.parse(value) as Json]),
        )
      }),

    async set(key, value, now) {
      await write(put(key, value, now))
    },

    replace: (key, { expected, value, now }) =>
      exclusive(async (db) => {
        const text = await textOf(db, key)
        if (text !== (expected === undefined ? undefined : JSON.stringify(expected))) return false
        await put(key, value, now)(db)
        return true
      }),

    async remove(key) {
      await write((db) => db.deleteFrom('note').where('key', '=', key).execute())
    },
  }
}
