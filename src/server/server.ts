import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { AnomstackError, messageOf } from '../core/errors.ts'
import { loadAssets } from './assets.ts'
import { createContext } from './context.ts'
import { degradedHeader, refusedWrites } from './degraded.ts'
import { createLastKnown } from './last-known.ts'
import { problemPage } from './pages/problem.ts'
import { pageRoutes } from './pages/routes.ts'
import { problemOf, problemResponse } from './problem.ts'
import { alertRoutes } from './rest/alerts.ts'
import { backfillRoutes } from './rest/backfills.ts'
import { batchRoutes } from './rest/batches.ts'
import { configRoutes } from './rest/config.ts'
import { executorRoutes } from './rest/executors.ts'
import { healthRoutes } from './rest/health.ts'
import { lineageRoutes } from './rest/lineage.ts'
import { runControlRoutes } from './rest/run-control.ts'
import { runRoutes } from './rest/runs.ts'
import { scheduleRoutes } from './rest/schedules.ts'
import { seriesRoutes } from './rest/series.ts'
import { hostCheck, isLoopback, sameOriginWrites, securityHeaders } from './security.ts'
import type { ServerServices } from './services.ts'

const MOST_BODY_BYTES = 65_536
/** What browsers show as a page; everything else answers in JSON. */
const PAGES = /^\/($|batches\/|alerts($|\/)|runs($|\/)|schedules($|\/))/

export interface WebApp {
  fetch(request: Request): Response | Promise<Response>
}

export interface Listening {
  /** Base address, without a slash at its end. */
  readonly url: string
  /** Stops listening; requests under way may still be answered for `graceMs`. */
  close(graceMs?: number): Promise<void>
}

/** The API and the pages as one web application; it listens to nothing by itself. */
export function createServer(live: ServerServices): WebApp {
  const { clock, logger } = live
  const lastKnown = createLastKnown({ control: live.control, now: () => clock.now(), logger })
  const services = { ...live, control: lastKnown.control }
  const { awaySince } = lastKnown
  const context = { ...createContext(services), assets: loadAssets(), awaySince }
  const api = [
    batchRoutes,
    lineageRoutes,
    seriesRoutes,
    alertRoutes,
    runRoutes,
    runControlRoutes,
    backfillRoutes,
    executorRoutes,
    scheduleRoutes,
    configRoutes,
  ]
  const app = new Hono()
  app.use(securityHeaders())
  app.use(hostCheck(() => services.project().server.publicUrl))
  app.use(sameOriginWrites())
  app.use(bodyLimit({ maxSize: MOST_BODY_BYTES, onError: tooLarge }))
  app.route('/', context.assets.routes)
  app.route('/', healthRoutes(live))
  app.use(degradedHeader(lastKnown))
  app.use(refusedWrites(lastKnown))
  for (const routes of api) app.route('/api/v1', routes(context))
  app.route('/', pageRoutes(context))
  app.notFound(() => {
    throw new AnomstackError('NOT_FOUND', 'there is nothing at this address')
  })
  app.onError((error, c) => {
    lastKnown.notice(error)
    const problem = problemOf(error, context.redact)
    if (problem.status >= 500)
      services.logger.log('error', 'a request failed', {
        path: c.req.path,
        problem: context.redact(messageOf(error)),
      })
    if (!PAGES.test(c.req.path)) return problemResponse(problem)
    return c.html(problemPage(problem, context), problem.status as 400)
  })
  return app
}

/** Serves the application over HTTP. Throws `INPUT_INVALID` when the address is in use, not of this machine, or open to other machines. */
export async function listen(
  app: WebApp,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  if (!isLoopback(host))
    throw new AnomstackError(
      'INPUT_INVALID',
      `the server does not listen on "${host}", for others could reach it there and no API key is configured: use 127.0.0.1`,
    )
  const server = createAdaptorServer({ fetch: (request: Request) => app.fetch(request), hostname: host })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenProblem(cause, host, port)))
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host}:${address.port}`,
    close: (graceMs = 2000) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(cut)
          resolve()
        })
        if ('closeIdleConnections' in server) server.closeIdleConnections()
      }),
  }
}

function tooLarge(): never {
  throw new AnomstackError('INPUT_INVALID', `the body is larger than ${MOST_BODY_BYTES} bytes`)
}

function listenProblem(cause: NodeJS.ErrnoException, host: string, port: number): AnomstackError {
  if (cause.code === 'EADDRINUSE')
    return new AnomstackError(
      'INPUT_INVALID',
      `port ${port} is in use: stop the program that listens there, or choose another with --port`,
      { cause },
    )
  if (cause.code === 'EACCES')
    return new AnomstackError(
      'INPUT_INVALID',
      `port ${port} needs more rights than this user has: choose one above 1023`,
      { cause },
    )
  return new AnomstackError('INPUT_INVALID', `cannot listen on ${host}:${port}: ${cause.message}`, { cause })
}
