/** A text as one segment of a path or one value of a query: lone surrogates, which no URL can hold, become replacement characters. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text.replace(/[\uD800-\uDFFF]/gu, '\uFFFD'))
}

type Query = Readonly<Record<string, string | number | undefined>>

function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [`${key}=${encodeSegment(String(value))}`],
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

export const links = {
  home: '/',
  batch: (name: string, query: Query = {}): string => withQuery(`/batches/${encodeSegment(name)}`, query),
  batchRuns: (name: string): string => `/batches/${encodeSegment(name)}/runs`,
  series: (batch: string, query: Query): string =>
    withQuery(`/api/v1/batches/${encodeSegment(batch)}/series`, query),
  alerts: (query: Query = {}): string => withQuery('/alerts', query),
  alert: (id: string): string => `/alerts/${encodeSegment(id)}`,
  alertPicture: (id: string): string => `/api/v1/alerts/${encodeSegment(id)}/chart.png`,
  retryDelivery: (alertId: string): string => `/alerts/${encodeSegment(alertId)}/deliveries`,
  runs: (query: Query = {}): string => withQuery('/runs', query),
  run: (id: string, query: Query = {}): string => withQuery(`/runs/${encodeSegment(id)}`, query),
  cancelRun: (id: string): string => `/runs/${encodeSegment(id)}/cancel`,
  retryRun: (id: string): string => `/runs/${encodeSegment(id)}/retry`,
  retryRuns: '/runs/bulk/retry',
  schedules: (query: Query = {}): string => withQuery('/schedules', query),
  scheduleState: '/schedules/state',
} as const
