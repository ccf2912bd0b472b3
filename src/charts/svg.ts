const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu
const DIRECTION_OVERRIDES = /[\u202A-\u202E\u2066-\u2069]/g
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text on one line without what XML forbids or what would turn the lines after it around; not escaped yet. */
export function oneLine(text: string): string {
  return text.replace(NOT_XML, '').replace(DIRECTION_OVERRIDES, '').replace(/\s+/gu, ' ').trim()
}

/** Text for element content or a quoted attribute. */
export function escapeXml(text: string): string {
  return text.replace(NOT_XML, '').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/** A coordinate to a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}

export type Attributes = Readonly<Record<string, string | number | undefined>>

/** One element; `children` is markup already. */
export function element(name: string, attributes: Attributes, children?: string): string {
  let markup = `<${name}`
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue
    markup += ` ${key}="${typeof value === 'number' ? px(value) : escapeXml(value)}"`
  }
  return children === undefined ? `${markup}/>` : `${markup}>${children}</${name}>`
}

/** A text element; `content` is plain text. */
export function textElement(content: string, attributes: Attributes): string {
  return element('text', attributes, escapeXml(content))
}
