import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface Outcome {
  /** Exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd?: string
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
}

const folders: string[] = []
const children = new Set<ChildProcess>()

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** A folder with these files, gone after the tests of the file. */
export async function folderWith(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'anomstack-cli-'))
  folders.push(dir)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, name)), { recursive: true })
    await writeFile(path.join(dir, name), text)
  }
  return dir
}

/** Runs the built command, away from any terminal, with nothing of this machine's settings. */
export async function anomstack(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const child = launch(args, options)
  const output = collect(child)
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input ?? '')
  return output
}

function launch(args: readonly string[], { cwd = tmpdir(), env = {} }: CommandOptions): ChildProcess {
  if (!existsSync(main)) throw new Error('the command is not built: run `npm run build` first')
  const { PATH = '', HOME = '', TMPDIR } = process.env
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...env },
    stdio: 'pipe',
  })
  children.add(child)
  child.once('close', () => children.delete(child))
  return child
}

function collect(child: ChildProcess): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? signal, ...texts }))
  })
}

export interface StartedServer {
  readonly url: string
  /** Sends the signal, and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>
}

/** `anomstack start` on a free port, once it says where it listens. */
export async function startServer(dir: string): Promise<StartedServer> {
  const child = launch(['start', '--project', dir, '--port', '0'], {})
  const ended = collect(child)
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (more: string) => {
      text += more
      const found = /^Open (http:\S+)/m.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
    void ended.then((outcome) => reject(new Error(`the server ended: ${JSON.stringify(outcome)}`)), reject)
  })
  return {
    url,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}
