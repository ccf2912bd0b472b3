import { isStockTemplate } from '../config/stock-templates.ts'
import type { Job } from './job.ts'
import { keptSince } from './kept-since.ts'

export const deleteOld: Job = {
  name: 'delete',
  summary: 'Deletes the batch’s rows that are older than `delete_after_n_days`.',
  async run(context) {
    const { batch, clock, signal } = context
    const { settings } = batch
    if (!isStockTemplate('delete_sql', settings.delete_sql)) {
      const sql = context.templates.render(settings.delete_sql, batch.variables, {
        batch: batch.name,
        file: batch.file,
      })
      await context.step(
        'delete by own SQL',
        () => context.database.query(sql, { signal }),
        () => ({}),
      )
      return
    }
    await context.step(
      'delete',
      async () => {
        await context.table.ensure()
        return context.table.deleteBefore(
          { batch: batch.name, before: keptSince(settings, clock.now()) },
          { signal },
        )
      },
      (deleted) => ({ rows: deleted }),
    )
  },
}
