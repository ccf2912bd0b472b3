import type { MiddlewareHandler } from 'hono'
import { AnomstackError } from '../core/errors.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Scripts, styles, fonts and pictures come from this server only; nothing runs inline and nobody may frame a page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** Whether requests of this method change nothing. */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.has(method)
}

/** Whether a host name or address means this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.has(host.toLowerCase()) || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Puts the security headers on every response. */
export function securityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value)
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store')
  }
}

/** Refuses requests that were addressed to another name: a foreign page whose name was rebound to this machine cannot read anything. */
export function hostCheck(publicUrl: () => string): MiddlewareHandler {
  return async (context, next) => {
    const name = hostName(`http://${context.req.header('host') ?? ''}`)
    if (name === undefined || !(isLoopback(name) || name === hostName(publicUrl())))
      throw new AnomstackError(
        'INPUT_INVALID',
        'the Host header names another server; open this one as localhost, 127.0.0.1 or its configured public URL',
      )
    await next()
  }
}

/** Refuses writes that a page of another origin sends through the user's browser. Programs send neither header and pass. */
export function sameOriginWrites(): MiddlewareHandler {
  return async (context, next) => {
    if (!isSafe(context.req.method)) {
      const site = context.req.header('sec-fetch-site')
      const origin = context.req.header('origin')
      const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none'
      if (
        foreignSite ||
        (origin !== undefined && hostAndPort(origin) !== context.req.header('host')?.toLowerCase())
      )
        throw new AnomstackError('INPUT_INVALID', 'a page of another site may not change anything here')
    }
    await next()
  }
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined
}

const hostName = (url: string): string | undefined => parse(url)?.hostname || undefined

/** As a browser writes it in the Host header: default ports left out. */
const hostAndPort = (url: string): string | undefined => parse(url)?.host
