import { describe, expect, it } from 'vitest'
import { isDead, isProcessAlive, newExecutor, type Observer } from '../../src/orchestrator/liveness.ts'

const NOW = 1_000_000
const observer = (more: Partial<Observer> = {}): Observer => ({
  host: 'here',
  pid: 100,
  now: NOW,
  watchingSince: 0,
  ours: new Set(['mine']),
  isAlive: (pid) => pid < 1_000,
  ...more,
})
const executor = (more: object = {}) => ({ id: 'x', host: 'here', pid: 200, seenAt: NOW, ...more })

describe('an executor', () => {
  it('of this host is dead when its process is', () => {
    expect(isDead(executor(), observer())).toBe(false)
    expect(isDead(executor({ pid: 2_000 }), observer())).toBe(true)
  })

  it('of this process is known', () => {
    expect(isDead(executor({ id: 'mine', pid: 100, seenAt: 0 }), observer())).toBe(false)
    expect(isDead(executor({ id: 'predecessor', pid: 100 }), observer())).toBe(true)
  })

  it('of another host is dead when it was not seen for 30 s', () => {
    expect(isDead(executor({ host: 'there', pid: 2_000, seenAt: NOW - 30_000 }), observer())).toBe(false)
    expect(isDead(executor({ host: 'there', pid: 2_000, seenAt: NOW - 30_001 }), observer())).toBe(true)
  })

  it('whose number another process has by now is dead when it was not seen for long', () => {
    expect(isDead(executor({ seenAt: NOW - 60_000 }), observer())).toBe(false)
    expect(isDead(executor({ seenAt: NOW - 120_001 }), observer())).toBe(true)
  })

  it('is not blamed for a silence in which the whole machine slept', () => {
    const justAwake = observer({ watchingSince: NOW - 1_000 })
    expect(isDead(executor({ host: 'there', seenAt: NOW - 9 * 3_600_000 }), justAwake)).toBe(false)
    expect(isDead(executor({ pid: 2_000, seenAt: NOW - 9 * 3_600_000 }), justAwake)).toBe(true)
  })
})

it('knows which processes exist', () => {
  expect(isProcessAlive(process.pid)).toBe(true)
  expect(isProcessAlive(1)).toBe(true)
  expect(isProcessAlive(2 ** 30)).toBe(false)
  expect(newExecutor()).toMatchObject({ pid: process.pid })
  expect(newExecutor().id).not.toBe(newExecutor().id)
})
