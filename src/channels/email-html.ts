import { html } from 'hono/html'
import { type Message, noticeLabel } from './channel.ts'

const ACCENTS: Readonly<
  Partial<Record<Message['kind'], { readonly color: string; readonly label: string }>>
> = {
  anomaly: { color: '#dc2626', label: 'Anomaly' },
  threshold: { color: '#a16207', label: 'Threshold' },
  change: { color: '#c2410c', label: 'Change' },
  llm: { color: '#7c3aed', label: 'LLM alert' },
  'missing-data': { color: '#475569', label: 'Missing data' },
  test: { color: '#2563eb', label: 'Test' },
  summary: { color: '#2563eb', label: 'Summary' },
  resolved: { color: '#15803d', label: 'Works again' },
}
const FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

// Clients that know it darken what they would otherwise invert badly; the rest ignore it.
const DARK = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#0d1117!important}
.card{background:#161b22!important;border-left-color:#30363d!important;border-right-color:#30363d!important;border-bottom-color:#30363d!important}
.title{color:#f0f6fc!important}
.text,.value{color:#d0d7de!important}
.name,.foot{color:#9198a1!important}
.row{border-color:#30363d!important}
}
@media (max-width:480px){.inner{padding-left:18px!important;padding-right:18px!important}.outer{padding:0!important}.card{border-radius:0!important;border-left:0!important;border-right:0!important}}`

/** An address that mail clients may be given to open. */
function isWebLink(link: string | undefined): link is string {
  return link !== undefined && /^https?:\/\//i.test(link)
}

/** The message as an HTML document of tables and inline styles; its texts are escaped. `imageId` is the Content-ID of the picture. */
export async function emailHtml(message: Message, imageId: string | undefined): Promise<string> {
  const { color, label } = ACCENTS[message.kind] ?? {
    color: '#b45309',
    label: noticeLabel(message.kind) ?? message.kind,
  }
  const said = message.table === undefined ? message.text : message.text.replace(message.table.text, '')
  const paragraphs = said.split(/\r?\n/).filter((line) => line.trim() !== '')
  const tags = Object.entries(message.tags)
  const picture =
    imageId === undefined
      ? ''
      : html`<tr><td class="inner" style="padding:20px 28px 0"><img src="cid:${imageId}" alt="${message.image?.alt ?? ''}" width="584" style="display:block;width:100%;max-width:100%;height:auto;border:0;border-radius:6px;${FONT};font-size:14px;color:#64748b"></td></tr>`
  const table =
    tags.length === 0
      ? ''
      : html`<tr><td class="inner" style="padding:20px 28px 0"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">${tags.map(
          ([name, value]) =>
            html`<tr><td class="name row" valign="top" style="padding:9px 16px 9px 0;border-top:1px solid #e5e9ef;${FONT};font-size:13px;line-height:18px;color:#64748b;white-space:nowrap">${name}</td><td class="value row" valign="top" width="100%" style="padding:9px 0;border-top:1px solid #e5e9ef;${FONT};font-size:14px;line-height:18px;color:#1e293b;word-break:break-word;overflow-wrap:anywhere">${value}</td></tr>`,
        )}</table></td></tr>`
  const button = isWebLink(message.link)
    ? html`<tr><td class="inner" style="padding:24px 28px 0"><table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td bgcolor="#2563eb" style="border-radius:6px;background:#2563eb"><a href="${message.link}" style="display:inline-block;padding:11px 22px;${FONT};font-size:15px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none;border-radius:6px">Open in Anomstack</a></td></tr></table></td></tr>`
    : ''
  const raised = new Date(message.raisedAt).toISOString().slice(0, 16).replace('T', ' ')
  const document = html`<!doctype html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${message.title}</title>
<style>${DARK}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f1f4f8;-webkit-text-size-adjust:100%">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f1f4f8" style="background:#f1f4f8"><tr><td class="outer" align="center" style="padding:28px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" style="max-width:640px;background:#ffffff;border:1px solid #e2e8f0;border-top:4px solid ${color};border-radius:8px">
<tr><td class="inner" style="padding:24px 28px 0"><span style="display:inline-block;padding:3px 10px;border-radius:11px;background:${color};${FONT};font-size:12px;line-height:16px;font-weight:600;color:#ffffff">${label}</span></td></tr>
<tr><td class="inner title" style="padding:12px 28px 0;${FONT};font-size:20px;line-height:27px;font-weight:700;color:#0f172a;word-break:break-word;overflow-wrap:anywhere">${message.title}</td></tr>
${paragraphs.length === 0 ? '' : html`<tr><td class="inner text" style="padding:10px 28px 0;${FONT};font-size:15px;line-height:23px;color:#334155;word-break:break-word;overflow-wrap:anywhere">${paragraphs.map((line, index) => html`${index === 0 ? '' : html`<br>`}${line}`)}</td></tr>`}
${picture}
${message.table === undefined ? '' : dataTable(message.table)}
${button}
${table}
<tr><td class="inner foot" style="padding:24px 28px 22px;${FONT};font-size:12px;line-height:17px;color:#64748b">Raised ${raised} UTC by Anomstack</td></tr>
</table>
</td></tr></table>
</body>
</html>`
  return String(await document)
}

/** Rows below a head; the whole may be wider than the card, where it scrolls. */
function dataTable({ columns, rows }: NonNullable<Message['table']>) {
  const cell = `padding:7px 14px 7px 0;border-top:1px solid #e5e9ef;${FONT};font-size:13px;line-height:18px;text-align:left`
  return html`<tr><td class="inner" style="padding:20px 28px 0"><div style="overflow-x:auto"><table width="100%" cellpadding="0" cellspacing="0" border="0"><tr>${columns.map(
    (name) =>
      html`<th class="name row" scope="col" valign="top" style="${cell};color:#64748b;font-weight:600">${name}</th>`,
  )}</tr>${rows.map(
    (row) =>
      html`<tr>${row.map((value) => html`<td class="value row" valign="top" style="${cell};color:#1e293b;word-break:break-word;overflow-wrap:anywhere">${value}</td>`)}</tr>`,
  )}</table></div></td></tr>`
}

/** The message as plain text. */
export function emailText(message: Message): string {
  const tags = Object.entries(message.tags).map(([name, value]) => `${name}: ${value}`)
  const parts = [message.title, message.text.trim(), tags.join('\n'), message.link ?? '']
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}
