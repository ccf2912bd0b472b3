import { AnomstackError } from '../../core/errors.ts'

/** A bucket and what the names of all objects begin with. */
export interface Location {
  readonly bucket: string
  /** Empty, or ends with a slash. */
  readonly folder: string
}

/** Reads `bucket/prefix`. Throws `CONFIG_INVALID` when there is no bucket; `scheme` and `noun` are for the message. */
export function parseLocation(
  text: string,
  { scheme, noun }: { readonly scheme: string; readonly noun: string },
): Location {
  const [bucket = '', ...rest] = text.split('/')
  if (bucket === '')
    throw new AnomstackError(
      'CONFIG_INVALID',
      `model_path names no ${noun}: write ${scheme}://${noun}/prefix`,
    )
  const prefix = rest.filter((segment) => segment !== '').join('/')
  return { bucket, folder: prefix === '' ? '' : `${prefix}/` }
}
