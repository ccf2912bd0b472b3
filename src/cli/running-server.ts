import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Project } from '../config/project.ts'

/** Where a server of this project listens, for commands that have to go through it (an embedded database takes one process). */
export interface RunningServer {
  readonly url: string
  readonly pid: number
}

const fileOf = (project: Project) => path.join(project.dataDir, 'server.json')

/** Says where this process serves the project; call the result when it stops. */
export async function announceServer(project: Project, url: string): Promise<() => Promise<void>> {
  const file = fileOf(project)
  await mkdir(path.dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, JSON.stringify({ url, pid: process.pid } satisfies RunningServer))
  await rename(temporary, file)
  return async () => {
    if ((await read(file))?.pid === process.pid) await rm(file, { force: true })
  }
}

/** The server of this project, if one runs on this machine and answers. */
export async function findServer(project: Project): Promise<RunningServer | undefined> {
  const server = await read(fileOf(project))
  if (server === undefined || server.pid === process.pid || !isAlive(server.pid)) return undefined
  try {
    const response = await fetch(new URL('/healthz', server.url), { signal: AbortSignal.timeout(2_000) })
    return response.ok ? server : undefined
  } catch {
    return undefined
  }
}

async function read(file: string): Promise<RunningServer | undefined> {
  try {
    const server = JSON.parse(await readFile(file, 'utf8')) as Partial<RunningServer>
    return typeof server.url === 'string' && typeof server.pid === 'number'
      ? { url: server.url, pid: server.pid }
      : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
