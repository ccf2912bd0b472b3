import { execFileSync } from 'node:child_process'

/** Of a process, in MB, as the system counts it. */
export function residentMemory(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024
}
