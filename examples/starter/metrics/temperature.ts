// A function may do anything that Node can: fetch, read files, import packages that you have installed in the project.
// It runs in a process of its own, with limits on time and memory, and sees only variables named ANOMSTACK_FN_….

const HOUR = 3_600_000

interface Row {
  metric_timestamp: Date | string | number
  metric_name: string
  metric_value: number
}

/** Called on schedule. Returns rows: when, which metric, which value. */
export async function ingest(): Promise<Row[]> {
  // With a real thermometer:
  //   const response = await fetch('https://example.com/temperature', { headers: { key: process.env.ANOMSTACK_FN_WEATHER_KEY } })
  //   const { celsius } = await response.json()
  //   return [{ metric_timestamp: new Date(), metric_name: 'temperature', metric_value: celsius }]
  const newest = Math.floor(Date.now() / HOUR)
  const rows: Row[] = []
  for (let hour = newest - 30 * 24; hour <= newest; hour += 1)
    rows.push({
      metric_timestamp: new Date(hour * HOUR),
      metric_name: 'temperature',
      metric_value: celsius(hour),
    })
  return rows
}

/** Warmer in the afternoon, a little uneven, and once in a while the cooling fails for an hour. */
function celsius(hour: number): number {
  const afternoon = 2 * Math.sin(((hour % 24) - 9) * (Math.PI / 12))
  const uneven = ((hour * hour * 31 + hour * 17) % 23) / 23
  const failure = hour % 211 === 13 ? 9 : 0
  return 21 + afternoon + uneven + failure
}
