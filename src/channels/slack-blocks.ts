import type { KnownBlock } from '@slack/web-api'
import type { Message } from './channel.ts'

const HEADER_LENGTH = 150
const TEXT_LENGTH = 3000
const FIELD_LENGTH = 2000
const FIELDS_PER_BLOCK = 10
const MOST_FIELDS = 50
const MOST_TEXT_BLOCKS = 5
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** The three characters by which Slack tells mentions, links and commands from text. */
export function escapeMrkdwn(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character]!)
}

/** Escaped text in pieces that keep Slack's limit, cut between characters and never inside of an entity. */
function pieces(text: string, length: number): readonly string[] {
  const found: string[] = []
  let piece = ''
  for (const character of text) {
    const escaped = escapeMrkdwn(character)
    if (piece.length + escaped.length > length) {
      found.push(piece)
      piece = ''
    }
    piece += escaped
  }
  return piece === '' ? found : [...found, piece]
}

function clip(text: string, length: number): string {
  const [first = '', ...rest] = pieces(text, length - 1)
  return rest.length === 0 ? first : `${first}…`
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

function section(text: string): KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }
}

/** The message as Block Kit, with everything escaped and within Slack's limits; the first block's id is the message's. */
export function slackBlocks(message: Message): KnownBlock[] {
  const title = oneLine(message.title) || message.kind
  const blocks: KnownBlock[] = [
    {
      type: 'header',
      block_id: message.id.slice(0, 255),
      text: { type: 'plain_text', text: clip(title, HEADER_LENGTH), emoji: false },
    },
  ]
  const paragraphs = pieces(message.text.trim(), TEXT_LENGTH - 1)
  paragraphs.slice(0, MOST_TEXT_BLOCKS).forEach((piece, index) => {
    blocks.push(
      section(index === MOST_TEXT_BLOCKS - 1 && paragraphs.length > MOST_TEXT_BLOCKS ? `${piece}…` : piece),
    )
  })
  const fields = Object.entries(message.tags)
    .slice(0, MOST_FIELDS)
    .map(([name, value]) => ({
      type: 'mrkdwn' as const,
      text: clip(`*${oneLine(name)}*\n${value}`, FIELD_LENGTH),
      verbatim: true,
    }))
  for (let start = 0; start < fields.length; start += FIELDS_PER_BLOCK)
    blocks.push({ type: 'section', fields: fields.slice(start, start + FIELDS_PER_BLOCK) })
  if (message.link !== undefined) blocks.push(section(`<${linkTarget(message.link)}|Open in Anomstack>`))
  return blocks
}

/** What stands for the message in notifications. */
export function slackText(message: Message): string {
  return clip(
    `${oneLine(message.title)}${message.text.trim() === '' ? '' : `\n${message.text.trim()}`}`,
    TEXT_LENGTH,
  )
}

/** An address that cannot end its `<…|…>` early. */
function linkTarget(link: string): string {
  return escapeMrkdwn(
    link.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E').replace(/\s/g, '%20'),
  )
}
