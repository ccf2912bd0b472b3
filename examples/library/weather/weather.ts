import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_WEATHER_URL ?? 'https://api.open-meteo.com'

/** Latitude and longitude. */
const CITIES: Readonly<Record<string, readonly [number, number]>> = {
  dublin: [53.34, -6.27],
  athens: [37.98, 23.72],
  london: [51.5, -0.13],
  berlin: [52.52, 13.41],
  paris: [48.86, 2.35],
  madrid: [40.42, -3.7],
  new_york: [40.71, -74.01],
  los_angeles: [34.05, -118.24],
  sao_paulo: [-23.55, -46.63],
  lagos: [6.52, 3.38],
  tokyo: [35.68, 139.69],
  sydney: [-33.87, 151.21],
}

/** Open-Meteo's names and ours. */
const VARIABLES: Readonly<Record<string, string>> = {
  temperature_2m: 'temp',
  apparent_temperature: 'feels_like',
  relative_humidity_2m: 'humidity',
  precipitation: 'precipitation',
  cloud_cover: 'cloud_cover',
  surface_pressure: 'pressure',
  wind_speed_10m: 'wind_speed',
}

/** One for each place, in the order in which they were asked for. */
const places = z
  .array(z.object({ current: z.object({ time: z.number() }).catchall(z.number().nullable()) }))
  .length(Object.keys(CITIES).length)

export async function ingest(): Promise<readonly Row[]> {
  const points = Object.values(CITIES)
  const query = new URLSearchParams({
    latitude: points.map(([latitude]) => latitude).join(','),
    longitude: points.map(([, longitude]) => longitude).join(','),
    current: Object.keys(VARIABLES).join(','),
    timeformat: 'unixtime',
  })
  return parse(await fetchJson(`${BASE}/v1/forecast?${query.toString()}`))
}

export function parse(answer: unknown): readonly Row[] {
  const read = readAs(places, answer, 'Open-Meteo')
  return Object.keys(CITIES).flatMap((city, index) => {
    const { time, ...values } = read[index]?.current ?? { time: 0 }
    return Object.entries(VARIABLES).flatMap(([variable, name]) => {
      const value = (values as Readonly<Record<string, number | null>>)[variable] ?? null
      return value === null
        ? []
        : [{ metric_timestamp: new Date(time * 1000), metric_name: `${name}_${city}`, metric_value: value }]
    })
  })
}
