// Fetches the page again every ten seconds and puts its newest live part in place; scroll position, focus, open selects, unfolded details and selections stay.
const EVERY_MS = 10_000
const state = document.getElementById('refresh-state')

function isBusy(live) {
  const selection = document.getSelection()
  const selecting = selection !== null && !selection.isCollapsed && live.contains(selection.anchorNode)
  const field = document.activeElement
  const typing = field !== null && live.contains(field) && /^(input|select|textarea)$/i.test(field.tagName)
  return document.hidden || selecting || typing || live.querySelector('.reading') !== null
}

function focusKey(live) {
  const focused = document.activeElement
  if (focused === null || !live.contains(focused)) return undefined
  if (focused.id) return { selector: `#${CSS.escape(focused.id)}`, index: 0 }
  const href = focused.getAttribute('href')
  const selector = href === null ? focused.tagName : `a[href="${CSS.escape(href)}"]`
  return { selector, index: [...live.querySelectorAll(selector)].indexOf(focused) }
}

async function refresh() {
  const live = document.getElementById('live')
  if (live === null || isBusy(live)) return
  const response = await fetch(location.href, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(EVERY_MS) })
  if (!response.ok) throw new Error(`status ${response.status}`)
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('live')
  if (fresh === null || isBusy(live)) return
  for (const details of live.querySelectorAll('details[open][id]')) {
    const same = fresh.querySelector(`#${CSS.escape(details.id)}`)
    if (same instanceof HTMLDetailsElement) same.open = true
  }
  if (fresh.innerHTML === live.innerHTML) return
  const focus = focusKey(live)
  const { scrollX, scrollY } = window
  live.replaceChildren(...document.adoptNode(fresh).childNodes)
  if (focus !== undefined) live.querySelectorAll(focus.selector)[focus.index]?.focus({ preventScroll: true })
  window.scrollTo({ left: scrollX, top: scrollY, behavior: 'instant' })
}

async function tick() {
  try {
    await refresh()
    if (state !== null) state.textContent = ''
  } catch {
    if (state !== null) state.textContent = 'The server does not answer; what you see may be old.'
  }
  setTimeout(tick, EVERY_MS)
}

setTimeout(tick, EVERY_MS)
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh().catch(() => {})
})
