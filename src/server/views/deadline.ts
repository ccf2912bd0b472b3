import { AnomstackError } from '../../core/errors.ts'

/** What `work` gives, or a `TIMED_OUT` error when it takes longer than `milliseconds` of real time; the work itself goes on. */
export async function withDeadline<Value>(
  work: Promise<Value>,
  milliseconds: number,
  what: string,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new AnomstackError(
            'TIMED_OUT',
            `${what} takes longer than ${milliseconds / 1000} s; it is still being loaded`,
          ),
        ),
      milliseconds,
    )
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
