import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Program {
  /** What the pattern found in its output. */
  readonly found: string
  stop(): Promise<void>
}

/** Starts a server in a process of its own; it is there once the first group of the pattern has been found in what it says. */
export async function startProgram(
  command: readonly [string, ...string[]],
  ready: RegExp,
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const [file, ...args] = command
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const found = await said(child, ready)
  return {
    found,
    async stop() {
      process.off('exit', kill)
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

function said(child: ChildProcess, ready: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    let found = false
    const hear = (more: Buffer) => {
      if (found) return
      text += more.toString()
      const match = ready.exec(text)?.[1]
      if (match === undefined) return
      found = true
      resolve(match)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the program ended with ${code}: ${text}`)))
  })
}
