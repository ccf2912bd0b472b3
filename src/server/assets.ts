import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Hono } from 'hono'
import { AnomstackError } from '../core/errors.ts'

/** Files of the page, seen from `src/server` and from `dist/server` alike. */
const FOLDERS = ['page', 'fonts'].map((name) =>
  fileURLToPath(new URL(`../../assets/${name}/`, import.meta.url)),
)

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  ttf: 'font/ttf',
}

interface Asset {
  readonly content: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly hash: string
}

export interface Assets {
  /** Address of a file, new whenever its content is. */
  href(name: string): string
  /** Serves `/assets/:name`. */
  readonly routes: Hono
}

/** Reads the page's own files once; only these names are ever served, so no request reaches the file system. */
export function loadAssets(): Assets {
  const assets = new Map<string, Asset>()
  for (const folder of FOLDERS)
    for (const name of readdirSync(folder)) {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]
      if (type === undefined) continue
      const content = new Uint8Array(readFileSync(`${folder}${name}`))
      assets.set(name, {
        content,
        type,
        hash: createHash('sha256').update(content).digest('base64url').slice(0, 12),
      })
    }
  const routes = new Hono()
  routes.get('/assets/:name', (c) => {
    const asset = assets.get(c.req.param('name'))
    if (asset === undefined) throw new AnomstackError('NOT_FOUND', 'there is no such file')
    const headers = {
      'content-type': asset.type,
      etag: `"${asset.hash}"`,
      'cache-control': 'public, max-age=604800',
    }
    if (c.req.header('if-none-match') === headers.etag) return c.body(null, 304, headers)
    return c.body(asset.content, 200, headers)
  })
  return {
    href(name) {
      const asset = assets.get(name)
      if (asset === undefined)
        throw new AnomstackError('NOT_FOUND', `the page's file "${name}" is missing: reinstall the package`)
      return `/assets/${name}?v=${asset.hash}`
    },
    routes,
  }
}
