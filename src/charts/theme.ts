import type { ChartTheme, MarkKind } from './series-chart.ts'

export interface Palette {
  readonly background: string
  readonly title: string
  readonly text: string
  readonly muted: string
  readonly grid: string
  readonly axis: string
  readonly line: string
  readonly lineArea: string
  readonly band: string
  readonly expected: string
  readonly score: string
  readonly scoreRaw: string
  readonly limit: string
  readonly label: string
  readonly labelBorder: string
  readonly marks: Readonly<Record<MarkKind, string>>
}

/** Kinds are told apart by shape first and by colour second; `change` and `llm` are far apart in hue. */
export const PALETTES: Readonly<Record<ChartTheme, Palette>> = {
  light: {
    background: '#ffffff',
    title: '#0f172a',
    text: '#334155',
    muted: '#64748b',
    grid: '#eef2f6',
    axis: '#cbd5e1',
    line: '#2563eb',
    lineArea: '#2563eb',
    band: '#94a3b8',
    expected: '#64748b',
    score: '#0f766e',
    scoreRaw: '#5eaaa2',
    limit: '#b45309',
    label: '#ffffff',
    labelBorder: '#cbd5e1',
    marks: {
      anomaly: '#dc2626',
      threshold: '#a16207',
      change: '#f97316',
      llm: '#7c3aed',
      'missing-data': '#475569',
    },
  },
  dark: {
    background: '#14181f',
    title: '#f8fafc',
    text: '#cbd5e1',
    muted: '#94a3b8',
    grid: '#222933',
    axis: '#3b4656',
    line: '#60a5fa',
    lineArea: '#3b82f6',
    band: '#94a3b8',
    expected: '#94a3b8',
    score: '#2dd4bf',
    scoreRaw: '#1f8a80',
    limit: '#fbbf24',
    label: '#1e2530',
    labelBorder: '#475569',
    marks: {
      anomaly: '#ef4444',
      threshold: '#facc15',
      change: '#fb923c',
      llm: '#a78bfa',
      'missing-data': '#cbd5e1',
    },
  },
}

/** What a legend calls a kind. */
export const MARK_NAMES: Readonly<Record<MarkKind, string>> = {
  anomaly: 'Anomaly',
  threshold: 'Threshold',
  change: 'Change',
  llm: 'LLM',
  'missing-data': 'Missing data',
}
