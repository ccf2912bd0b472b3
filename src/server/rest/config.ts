import { Hono } from 'hono'
import type { Fault, ServerSettings } from '../../config/project.ts'
import type { ServerContext } from '../context.ts'

export interface ConfigBody {
  readonly dir: string
  readonly batches: readonly string[]
  /** Names and kinds only: options may hold secrets. */
  readonly connections: readonly { readonly name: string; readonly kind: string }[]
  readonly channels: readonly {
    readonly name: string
    readonly kind: string
    readonly configured: boolean
    /** What to set, of a channel that is not configured. */
    readonly missing?: string
  }[]
  readonly server: Pick<ServerSettings, 'publicUrl' | 'timeZone' | 'threads' | 'concurrency'>
  readonly faults: readonly Fault[]
}

/** `/config`: the validated project, and everything that is wrong with its files. */
export function configRoutes(context: ServerContext): Hono {
  const routes = new Hono()
  routes.get('/config', (c) => {
    const project = context.services.project()
    const { publicUrl, timeZone, threads, concurrency } = project.server
    const body: ConfigBody = {
      dir: project.dir,
      batches: [...project.batches.keys()],
      connections: [...project.connections].map(([name, { kind }]) => ({ name, kind })),
      channels: [...project.channels].map(([name, channel]) => ({
        name,
        kind: channel.kind,
        configured: channel.configured,
        ...(channel.configured ? {} : { missing: channel.missing }),
      })),
      server: { publicUrl, timeZone, threads, concurrency },
      faults: shownFaults(context),
    }
    return c.json(body)
  })
  return routes
}

/** The faults of the project's files, errors first, without secrets. */
export function shownFaults(context: ServerContext): readonly Fault[] {
  return context.services
    .project()
    .faults.map((fault) => ({
      ...fault,
      message: context.redact(fault.message),
      ...(fault.suggestion === undefined ? {} : { suggestion: context.redact(fault.suggestion) }),
    }))
    .sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'))
}
