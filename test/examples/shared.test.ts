import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { fetchJson } from '../../examples/library/shared/fetch-json.ts'
import { gather } from '../../examples/library/shared/gather.ts'
import { readAs } from '../../examples/library/shared/read-as.ts'
import { type RecordedServer, serveRecorded } from './recorded-server.ts'

let server: RecordedServer

beforeAll(async () => {
  server = await serveRecorded('iss_location')
})
afterAll(() => server.close())

const row = (name: string) => ({
  metric_timestamp: new Date(0),
  metric_name: name,
  metric_value: 1,
})

describe('fetchJson', () => {
  it('reads JSON, and sends what it is told to', async () => {
    server.answerAll(undefined)
    const answer = await fetchJson(`${server.url}/iss-now.json?a=b`, { headers: { 'x-key': 'k' } })
    expect(answer).toMatchObject({ message: 'success' })
    expect(server.requests.at(-1)).toMatchObject({
      what: 'GET /iss-now.json?a=b',
      headers: { 'x-key': 'k' },
    })
  })

  it.each([
    [503, 'busy', /\/iss-now\.json answered 503$/],
    [429, '', /answered 429: it was asked too often$/],
    [401, '{}', /answered 401: it wants a key, or another one$/],
    [403, '{}', /answered 403: it wants a key, or another one$/],
    [200, '<html></html>', /answered something that is no JSON$/],
    [200, '', /answered something that is no JSON$/],
  ])('of %i %j says what is wrong, without the query', async (status, body, said) => {
    server.answerAll({ status, body })
    const failure = fetchJson(`${server.url}/iss-now.json?key=s3cret`)
    await expect(failure).rejects.toThrow(said)
    await expect(failure).rejects.not.toThrow('s3cret')
  })

  it('says which server is not there, and why', async () => {
    const gone = await serveRecorded('iss_location')
    await gone.close()
    await expect(fetchJson(`${gone.url}/x?key=s3cret`)).rejects.toMatchObject({
      message: `${gone.url}/x could not be read`,
      cause: expect.anything(),
    })
  })
})

describe('readAs', () => {
  const shape = z.object({ speed: z.number(), place: z.object({ name: z.string() }) })

  it('gives what has the shape', () => {
    const answer = { speed: 1, place: { name: 'x' } }
    expect(readAs(shape, answer, 'It')).toEqual(answer)
  })

  it('names the source and every difference', () => {
    expect(() => readAs(shape, { speed: '1', place: {} }, 'The road')).toThrow(
      /^The road answered in an unexpected form:\n(.*\n)*.*speed(.*\n)*.*place\.name/,
    )
  })
})

describe('gather', () => {
  it('keeps the order of the items, however they come', async () => {
    const started: string[] = []
    const release = new Map<string, () => void>()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const all = gather(names, async (name) => {
      started.push(name)
      if (name === 'a') await new Promise<void>((resolve) => release.set(name, resolve))
      if (name === 'f') release.get('a')?.()
      return [row(name)]
    })
    expect((await all).map(({ metric_name }) => metric_name)).toEqual(names)
    expect(started.slice(0, 4)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('goes on without what fails, and prints why', async () => {
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const rows = await gather(['a', 'b'], async (name) => {
      if (name === 'a') throw new Error('a is away')
      return [row(name)]
    })
    expect(rows).toEqual([row('b')])
    expect(printed).toHaveBeenCalledWith('Error: a is away')
    printed.mockRestore()
  })

  it('throws the first reason when everything fails, and gives nothing for nothing', async () => {
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await expect(
      gather(['a', 'b'], async (name) => {
        throw new Error(`${name} is away`)
      }),
    ).rejects.toThrow('a is away')
    printed.mockRestore()
    expect(await gather([], async () => [row('x')])).toEqual([])
  })
})
