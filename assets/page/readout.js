// Moving over a chart reads out the point below the pointer; its numbers come from the JSON API when the chart is first touched.
const columns = new WeakMap()
const number = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 })
const SVG = 'http://www.w3.org/2000/svg'

async function load(figure) {
  const response = await fetch(`${figure.dataset.series}&maxPoints=2000`)
  if (!response.ok) throw new Error(`status ${response.status}`)
  return response.json()
}

function seriesOf(figure) {
  if (!columns.has(figure)) columns.set(figure, load(figure).catch(() => undefined))
  return columns.get(figure)
}

function nearest(timestamps, time) {
  let low = 0
  let high = timestamps.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (timestamps[middle] < time) low = middle
    else high = middle
  }
  return time - timestamps[low] < timestamps[high] - time ? low : high
}

function describe(series, index) {
  const part = (name, value) => (value === null || value === undefined ? [] : [`${name} ${number.format(value)}`])
  const range =
    series.lower[index] === null || series.upper[index] === null
      ? []
      : [`expected ${number.format(series.lower[index])} to ${number.format(series.upper[index])}`]
  const at = new Date(series.timestamps[index]).toISOString().replace('T', ' ').slice(0, 16)
  return [`${at} UTC`, ...part('value', series.values[index]), ...range, ...part('score', series.scores[index])].join('  ·  ')
}

function placeLine(chart, share) {
  let line = chart.querySelector('.cursor')
  if (line === null) {
    line = document.createElementNS(SVG, 'line')
    line.setAttribute('class', 'cursor')
    line.setAttribute('y1', '8')
    line.setAttribute('y2', String(chart.clientHeight - 26))
    chart.append(line)
  }
  line.setAttribute('x1', `${share * 100}%`)
  line.setAttribute('x2', `${share * 100}%`)
}

function clear(figure) {
  figure.classList.remove('reading')
  figure.querySelector('.cursor')?.remove()
  const readout = figure.querySelector('.readout')
  if (readout !== null) readout.textContent = ''
}

document.addEventListener('pointermove', async (event) => {
  const figure = event.target instanceof Element ? event.target.closest('figure[data-series]') : null
  for (const other of document.querySelectorAll('figure.reading')) if (other !== figure) clear(other)
  const chart = figure?.querySelector('svg.chart')
  if (!figure || !chart) return
  figure.classList.add('reading')
  const series = await seriesOf(figure)
  if (series === undefined || series.timestamps.length === 0 || !figure.classList.contains('reading')) return
  const box = chart.getBoundingClientRect()
  const [from, to] = [series.timestamps[0], series.timestamps[series.timestamps.length - 1]]
  const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))
  const index = nearest(series.timestamps, from + share * (to - from))
  placeLine(chart, to === from ? 0.5 : (series.timestamps[index] - from) / (to - from))
  figure.querySelector('.readout').textContent = describe(series, index)
})

document.addEventListener('pointerleave', () => {
  for (const figure of document.querySelectorAll('figure.reading')) clear(figure)
})
