/** Variables that code on a machine needs and that are no secrets of the program. Not NODE_OPTIONS, nor PYTHONHOME or PYTHONSTARTUP: they would
 * change how the process runs. */
const ALLOWED = new Set([
  'PATH',
  'HOME',
  'TZ',
  'LANG',
  'LANGUAGE',
  'TMPDIR',
  'TEMP',
  'TMP',
  'USER',
  'LOGNAME',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'SYSTEMROOT',
  'WINDIR',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'PYTHONPATH',
  'PYENV_ROOT',
  'PYENV_VERSION',
  'LD_LIBRARY_PATH',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
])
const PREFIXES = ['ANOMSTACK_FN_', 'LC_']

/** What of `environment` user code gets to see: a list of harmless names, everything that starts with `ANOMSTACK_FN_`, and `extraNames`. */
export function functionEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  extraNames: readonly string[],
): Record<string, string> {
  const seen: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    const allowed =
      ALLOWED.has(name.toUpperCase()) ||
      PREFIXES.some((prefix) => name.startsWith(prefix)) ||
      extraNames.includes(name)
    if (allowed && value !== undefined) seen[name] = value
  }
  return seen
}
