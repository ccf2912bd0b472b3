import { AnomstackError } from './errors.ts'

/** Whether an import failed because a package is not installed. */
export function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}

/** `SDK_MISSING`, which says what to install. `what` begins the message, where it is not clear what needs the packages. */
export function missingPackage(packages: readonly string[], what?: string): AnomstackError {
  const names = packages.join(' ')
  const subject =
    packages.length === 1 ? `the package ${names} is` : `the packages ${packages.join(', ')} are`
  const prefix = what === undefined ? '' : `${what}: `
  return new AnomstackError('SDK_MISSING', `${prefix}${subject} not installed: npm install ${names}`)
}
