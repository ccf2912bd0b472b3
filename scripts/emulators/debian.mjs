// Programs from Debian, without a change to the system: their packages are fetched with apt and unpacked into the cache folder, as any user.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { cachedFolder, environment, fail, run } from './tools.mjs'

/**
 * Packages, and those that they depend on and this machine lacks. `folder` holds their files as if it were `/`; `environment` is what their programs run with: that of
 * this process, with a PATH and an LD_LIBRARY_PATH that lead to them first. No script of a package runs, so nothing is configured, and programs
 * that look for files under `/usr/share` and the like have to be told where those are.
 */
export function debianPackages(name, packages) {
  for (const command of ['apt-get', 'dpkg-deb'])
    if (spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0)
      fail(`The tests of ${name} need Debian or one of its kin: there is no ${command} here.`)
  const folder = cachedFolder(`debian-${name}`, [release(), ...packages], (to) => {
    console.error(`Fetching ${packages.join(', ')} from Debian (this happens once) …`)
    unpack(to, packages)
  })
  const within = (places) =>
    places.map((place) => path.join(folder, place)).filter((place) => existsSync(place))
  const libraries = within(['usr/lib', 'lib']).flatMap((place) => [...multiarch(place), place])
  const first = (places, rest) => [...places, ...(rest ? [rest] : [])].join(path.delimiter)
  return {
    folder,
    environment: {
      ...environment,
      PATH: first(within(['usr/sbin', 'usr/bin', 'sbin', 'bin']), environment.PATH),
      LD_LIBRARY_PATH: first(libraries, environment.LD_LIBRARY_PATH),
    },
  }
}

/** Which Debian this is: what was unpacked on one does not run on another. */
function release() {
  const file = '/etc/os-release'
  return `${existsSync(file) ? readFileSync(file, 'utf8') : ''} ${process.arch}`
}

function unpack(folder, packages) {
  // A fetch that broke off may have left something.
  rmSync(folder, { recursive: true, force: true })
  const apt = path.join(folder, 'apt')
  for (const place of ['lists/partial', 'archives/partial'])
    mkdirSync(path.join(apt, place), { recursive: true })
  // With lists and archives of its own apt needs no rights, and its lists are today's: a fresh machine has none, an old one has links to packages that are gone.
  const settings = [
    `Dir::State::lists=${path.join(apt, 'lists')}`,
    `Dir::Cache=${apt}`,
    `Dir::Cache::archives=${path.join(apt, 'archives')}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
  ].flatMap((setting) => ['-o', setting])
  const stdio = ['ignore', 'ignore', 'inherit']
  const get = (args) => run('apt-get', ['-qq', ...settings, ...args], { stdio }).status === 0
  // --reinstall fetches a package that the machine has already too; only its dependencies may be the machine's own.
  const fetched =
    get(['update']) &&
    get(['install', '--yes', '--download-only', '--reinstall', '--no-install-recommends', ...packages])
  if (!fetched)
    fail(`${packages.join(', ')} could not be fetched: see above. Is a mirror of Debian within reach?`)
  const archives = readdirSync(path.join(apt, 'archives')).filter((file) => file.endsWith('.deb'))
  for (const archive of archives)
    if (run('dpkg-deb', ['--extract', path.join(apt, 'archives', archive), folder]).status !== 0)
      fail(`${archive} could not be unpacked: see above.`)
  rmSync(apt, { recursive: true, force: true })
}

/** Folders of libraries for one kind of machine, such as x86_64-linux-gnu. */
function multiarch(place) {
  return readdirSync(place)
    .filter((entry) => /-linux-gnu\w*$/.test(entry))
    .map((entry) => path.join(place, entry))
}
