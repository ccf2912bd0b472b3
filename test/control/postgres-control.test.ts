import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { openPostgresControl, TURN } from '../../src/control/postgres-control.ts'
import { openPool } from '../../src/control/postgres-pool.ts'
import type { AnomstackError } from '../../src/core/errors.ts'
import { eventually } from '../eventually.ts'
import { claimOne } from './claim-one.ts'
import { postgresControls } from './temporary-control.ts'

const controls = postgresControls()

async function query(address: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: address })
  await client.connect()
  try {
    return (await client.query(text)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

async function failureOf(work: Promise<unknown>): Promise<AnomstackError> {
  return work.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error as AnomstackError,
  )
}

describe('opening', () => {
  it('makes a schema of its own, once, however many come at the same time, beside what else is there', async () => {
    const address = await controls.address()
    await query(address, 'CREATE TABLE meta (key text); CREATE TABLE run (id text)')
    const many = await Promise.all(Array.from({ length: 6 }, () => controls.open(address)))
    const { run } = await many[0]!.runs.enqueue({ job: 'ingest', trigger: 'manual' }, { now: 1 })
    expect(await many[5]!.runs.get(run.id)).toEqual(run)
    expect(await query(address, 'SELECT * FROM run')).toEqual([])
    expect(await query(address, 'SELECT value FROM anomstack.meta')).toHaveLength(1)
    await many[0]!.close()
    await many[0]!.close()
    await expect(many[0]!.runs.get(run.id)).rejects.toMatchObject({
      code: 'CONTROL_FAILED',
      message: expect.stringContaining('closed'),
    })
  })

  it('keeps its search path beside options of the address, and says who it is', async () => {
    const address = `${await controls.address()}?options=-c%20work_mem%3D8MB`
    const control = await controls.open(address)
    await control.notes.set('k', 1, 1)
    expect(
      await query(
        address,
        "SELECT application_name AS name FROM pg_stat_activity WHERE application_name = 'anomstack' LIMIT 1",
      ),
    ).toEqual([{ name: 'anomstack' }])
    expect(await query(address, 'SELECT value FROM anomstack.note')).toEqual([{ value: '1' }])
  })

  it('sorts by bytes in a database of any language', async () => {
    const address = await controls.address()
    const name = 'of_a_language'
    await query(address, `CREATE DATABASE ${name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'`)
    const { notes } = await controls.open(address.replace(/[^/]+$/, name))
    for (const key of ['b', 'A', 'a-b', 'ä', 'a:b', 'ab', 'B']) await notes.set(key, key, 1)
    expect([...(await notes.list('')).keys()]).toEqual(['A', 'B', 'a-b', 'a:b', 'ab', 'b', 'ä'])
    expect([...(await notes.list('a')).keys()]).toEqual(['a-b', 'a:b', 'ab'])
  })

  it('needs no right to make a schema when there is one', async () => {
    const address = await controls.address()
    const url = new URL(address)
    url.username = 'modest'
    await query(address, "CREATE ROLE modest LOGIN PASSWORD 's3cret-word'")
    url.password = 's3cret-word'
    const refused = await failureOf(openPostgresControl(url.href))
    expect(refused).toMatchObject({ code: 'CONTROL_FAILED', retryable: false })
    expect(refused.message).toContain('the user lacks a right: let its owner GRANT CREATE ON DATABASE')
    await query(address, 'CREATE SCHEMA anomstack AUTHORIZATION modest')
    const control = await controls.open(url.href)
    expect(await control.runs.list({ limit: 1 })).toEqual([])
  })

  it('refuses what a newer version made', async () => {
    const address = await controls.address()
    await controls.open(address)
    await query(address, "UPDATE anomstack.meta SET value = '99'")
    expect(await failureOf(openPostgresControl(address))).toMatchObject({
      code: 'CONTROL_FAILED',
      retryable: false,
      message: expect.stringContaining('newer version of anomstack made it (schema 99'),
    })
  })
})

describe('a failure', () => {
  it.each([
    [
      'a wrong password',
      (url: URL) => {
        url.password = 'wrong-word'
      },
      'the server refuses the user or the password',
      false,
    ],
    [
      'an unknown user',
      (url: URL) => {
        url.username = 'nobody'
      },
      'the server refuses the user or the password',
      false,
    ],
    [
      'an unknown database',
      (url: URL) => {
        url.pathname = '/none'
      },
      'there is no such database',
      false,
    ],
    [
      'a port where nobody listens',
      (url: URL) => {
        url.port = '1'
      },
      'the server cannot be reached',
      true,
    ],
    [
      'an unknown host',
      (url: URL) => {
        url.hostname = 'none.invalid'
      },
      'the server cannot be reached',
      true,
    ],
  ] as const)('of %s says what to do, and never the password', async (_, change, remedy, retryable) => {
    const url = new URL(await controls.address())
    const { password } = url
    change(url)
    const failure = await failureOf(openPostgresControl(url.href))
    expect(failure).toMatchObject({ code: 'CONTROL_FAILED', retryable })
    expect(failure.message).toContain(`PostgreSQL at ${url.host}${url.pathname}: ${remedy}`)
    for (const secret of [password, decodeURIComponent(password), 'wrong-word'])
      expect(`${failure.stack} ${JSON.stringify(failure)} ${String(failure.cause)}`).not.toContain(secret)
  })

  it('of an address that is none does not show it', async () => {
    const failure = await failureOf(openPostgresControl('postgres://user:pass%word@:port/x'))
    expect(failure).toMatchObject({ code: 'CONTROL_FAILED', retryable: false })
    expect(failure.message).toContain('ANOMSTACK_DATABASE_URL is not an address')
    expect(failure.message).not.toContain('pass%word')
  })
})

describe('a server that is restarted', () => {
  it('is noticed by nobody who asks again', async () => {
    const address = await controls.address()
    const problems: AnomstackError[] = []
    const control = await openPostgresControl(address, {
      poolSize: 4,
      onIdleError: (error) => problems.push(error),
    })
    try {
      const enqueue = (index: number) =>
        control.runs.enqueue({ job: 'ingest', batch: `b${index}`, trigger: 'manual' }, { now: index })
      await Promise.all(Array.from({ length: 20 }, (_, index) => enqueue(index)))
      const underWay = Promise.allSettled(Array.from({ length: 20 }, (_, index) => enqueue(100 + index)))
      await controls.server().restart()
      for (const { status, ...rest } of await underWay)
        if (status === 'rejected')
          expect(rest).toMatchObject({ reason: { code: 'CONTROL_FAILED', retryable: true } })
      // All of the pool's connections are of the server that was.
      await Promise.all(Array.from({ length: 20 }, (_, index) => enqueue(200 + index)))
      expect((await control.runs.list({ limit: 99, from: 200 })).length).toBe(20)
      for (const problem of problems)
        expect(problem).toMatchObject({ code: 'CONTROL_FAILED', retryable: true })
    } finally {
      await control.close()
    }
  })

  it('gets no connection replaced in the middle of a transaction', async () => {
    const control = await controls.open()
    await control.notes.set('k', 0, 1)
    const writes = Promise.allSettled(
      Array.from({ length: 30 }, (_, index) =>
        control.notes.replace('k', { expected: index, value: index + 1, now: 1 }),
      ),
    )
    await controls.server().restart()
    await writes
    const reached = Number(await control.notes.get('k'))
    expect(await control.notes.replace('k', { expected: reached, value: 99, now: 1 })).toBe(true)
  })
})

it('goes on after another process has changed a table that it has prepared statements for', async () => {
  const address = await controls.address()
  const control = await controls.open(address)
  const { runs } = control
  const work = async (index: number) => {
    const { run } = await runs.enqueue({ job: 'ingest', batch: `b${index}`, trigger: 'manual' }, { now: 1 })
    expect(await runs.claimById(run.id, { executor: 'e', now: 2 })).toMatchObject({ id: run.id, attempt: 1 })
    expect(await runs.get(run.id)).toMatchObject({ id: run.id, status: 'running' })
  }
  for (let index = 0; index < 3; index++) await work(index)
  await query(address, 'ALTER TABLE anomstack.run ADD COLUMN of_a_newer_release text')
  await Promise.all(Array.from({ length: 12 }, (_, index) => work(10 + index)))
  await query(address, 'ALTER TABLE anomstack.run DROP COLUMN of_a_newer_release')
  for (let index = 0; index < 3; index++) await work(30 + index)
})

describe('announcements', () => {
  it('are heard by all who listen, many at the same time as one, until they stop', async () => {
    const address = await controls.address()
    const [one, other] = [await controls.open(address), await controls.open(address)]
    let heard = 0
    const stop = await other.runs.listen(() => heard++)
    // It has a look at first, for what was announced before.
    await eventually('it listens', async () => heard === 1)
    await Promise.all(Array.from({ length: 50 }, () => one.runs.announce()))
    await eventually('it hears', async () => heard > 1)
    expect(heard).toBeLessThan(10)
    await stop()
    const before = heard
    await one.runs.announce()
    expect(heard).toBe(before)
  })

  it('may be ceased to listen to at any moment', async () => {
    const control = await controls.open()
    for (const ms of [0, 1, 3, 10, 30]) {
      const stop = await control.runs.listen(() => {})
      await delay(ms)
      await stop()
    }
  })

  it('are heard again after the server was restarted', async () => {
    const control = await controls.open()
    let heard = 0
    const stop = await control.runs.listen(() => heard++)
    await eventually('it listens', async () => heard === 1)
    await controls.server().restart()
    await eventually('it listens again', async () => heard === 2)
    await control.runs.announce()
    await eventually('it hears', async () => heard > 2)
    await stop()
  })
})

it('lets a process that stands still in its turn keep the others waiting for some seconds only', async () => {
  const address = await controls.address()
  const control = await controls.open(address)
  const pool = openPool({ url: address, size: 1, searchPath: 'anomstack', onIdleError: () => {} })
  const still = await pool.connect()
  await still.query('BEGIN', [])
  await still.query('SELECT pg_advisory_xact_lock($1)', [TURN])
  const { run } = await control.runs.enqueue({ job: 'ingest', trigger: 'manual' }, { now: 1 })
  expect((await claimOne(control.runs, { jobs: ['ingest'], executor: 'e', now: 2 }))?.id).toBe(run.id)
  await expect(still.query('COMMIT', [])).rejects.toThrow()
  still.release()
  await pool.end()
})

/** A way to the server that breaks, once, when it has passed on a commit: the answer never arrives. */
async function breakingAtCommit(
  port: number,
): Promise<{ readonly port: number; arm(): void; close(): void }> {
  let armed = false
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    let broken = false
    client.on('data', (chunk: Buffer) => {
      server.write(chunk)
      if (!armed || !chunk.includes('commit')) return
      armed = false
      broken = true
      // What the server answers shows that it is done.
      server.once('data', () => client.destroy())
    })
    server.on('data', (chunk: Buffer) => {
      if (!broken) client.write(chunk)
    })
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    port: (proxy.address() as AddressInfo).port,
    arm() {
      armed = true
    },
    close() {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    },
  }
}

it.each(['claim', 'claimById', 'dispatch'] as const)(
  'a claim whose answer got lost is given back before the next %s',
  async (next) => {
    const url = new URL(await controls.address())
    const way = await breakingAtCommit(Number(url.port))
    url.port = String(way.port)
    const control = await openPostgresControl(url.href)
    try {
      const { runs } = control
      const { run } = await runs.enqueue({ job: 'ingest', batch: 'a', trigger: 'manual' }, { now: 1 })
      const claim = (now: number) => claimOne(runs, { jobs: ['ingest'], executor: 'e', now })
      way.arm()
      await expect(claim(2)).rejects.toMatchObject({ code: 'CONTROL_FAILED', retryable: true })
      expect(await runs.get(run.id)).toMatchObject({ status: 'running', attempt: 1, executor: 'e' })
      if (next === 'dispatch')
        expect(
          await runs.dispatch({ jobs: ['ingest'], now: 3, places: new Map([['ingest', 9]]) }),
        ).toMatchObject([{ run: { id: run.id } }])
      else {
        const again = next === 'claim' ? claim(3) : runs.claimById(run.id, { executor: 'e', now: 3 })
        expect(await again).toMatchObject({ id: run.id, attempt: 2, status: 'running' })
        expect(await claim(4)).toBeUndefined()
        const end = { executor: 'e', status: 'succeeded', now: 5 } as const
        expect(await runs.finish(run.id, { ...end, attempt: 1 })).toBe(false)
        expect(await runs.finish(run.id, { ...end, attempt: 2 })).toBe(true)
      }
    } finally {
      await control.close()
      way.close()
    }
  },
)
