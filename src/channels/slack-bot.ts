import type { WebClient } from '@slack/web-api'
import { AnomstackError } from '../core/errors.ts'
import { assertAccepted } from './answer.ts'
import type { Message } from './channel.ts'
import { deliveryError } from './delivery-error.ts'
import { slackBlocks, slackText } from './slack-blocks.ts'

export interface SlackBot {
  /** Posts to a channel by name or id. Throws `DELIVERY_FAILED`, or what the connection threw. */
  post(channel: string, message: Message, signal: AbortSignal): Promise<void>
}

export interface SlackBotOptions {
  readonly token: string
  readonly apiUrl: string
  readonly fetch: typeof globalThis.fetch
}

const NAME = 'slack'
const CHANNEL_ID = /^[CGD][A-Z0-9]{8,}$/
const PAGE_SIZE = 200
const RETRYABLE = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
])
/** The picture cannot be sent, but the text may. */
const NO_UPLOAD = new Set([
  'missing_scope',
  'file_uploads_disabled',
  'file_upload_disabled',
  'file_uploads_except_images_disabled',
  'storage_limit_reached',
  'file_not_found',
  'slack_connect_file_upload_sharing_blocked',
])
const ADVICE: Readonly<Record<string, string>> = {
  invalid_auth: 'set a valid bot token',
  not_authed: 'set a valid bot token',
  token_revoked: 'set a valid bot token',
  token_expired: 'set a valid bot token',
  account_inactive: 'set a valid bot token',
  missing_scope: 'the bot needs the scopes chat:write, files:write, channels:read and groups:read',
  not_in_channel: 'invite the bot to the channel',
  channel_not_found: 'check the channel and invite the bot to it',
  is_archived: 'the channel is archived: choose another one',
}

/** Slack's own code for what went wrong, when the thrown error is such an answer. */
function codeOf(error: unknown): string | undefined {
  if (
    !(error instanceof Error) ||
    !('data' in error) ||
    typeof error.data !== 'object' ||
    error.data === null
  )
    return undefined
  const code = 'error' in error.data ? error.data.error : undefined
  return typeof code === 'string' ? code : 'unknown_error'
}

/** The SDK wraps what its `fetch` throws. */
function translate(error: unknown, secrets: readonly string[]): unknown {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth++)
    if (inner instanceof AnomstackError) return inner
  const code = codeOf(error)
  if (code === undefined) return error
  // What is not shaped like one of Slack's codes is some proxy's page.
  const shown = /^[a-z][a-z0-9_-]{1,63}$/.test(code) ? code : 'unreadable answer'
  const advice = ADVICE[code]
  const retryable = RETRYABLE.has(code) || shown !== code
  return deliveryError(NAME, `Slack answered ${shown}${advice === undefined ? '' : `: ${advice}`}`, {
    retryable,
    secrets,
  })
}

/** A bot over Slack's Web API; channels' ids are looked up once. */
export function createSlackBot({ token, apiUrl, fetch }: SlackBotOptions): SlackBot {
  const secrets = [token]
  const ids = new Map<string, string>()

  async function connect(signal: AbortSignal): Promise<WebClient> {
    const { WebClient, LogLevel } = await import('@slack/web-api')
    const quiet = {
      debug() {},
      info() {},
      warn() {},
      error() {},
      setLevel() {},
      setName() {},
      getLevel: () => LogLevel.ERROR,
    }
    return new WebClient(token, {
      slackApiUrl: apiUrl,
      logger: quiet,
      // The delivery queue retries, with the message's other attempts in view.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      fetch: async (url, init) => {
        const response = await fetch(url, { ...(init as RequestInit), redirect: 'manual', signal })
        if (response.status !== 200) await assertAccepted(NAME, response, secrets)
        return response
      },
    })
  }

  async function idOf(client: WebClient, name: string): Promise<string> {
    if (CHANNEL_ID.test(name)) return name
    const known = ids.get(name)
    if (known !== undefined) return known
    const cursors = new Set<string>()
    let cursor = ''
    do {
      cursors.add(cursor)
      const page = await client.conversations.list({
        types: 'public_channel,private_channel',
        exclude_archived: true,
        limit: PAGE_SIZE,
        ...(cursor === '' ? {} : { cursor }),
      })
      const id = page.channels?.find((channel) => channel.name === name.toLowerCase())?.id
      if (id !== undefined) {
        ids.set(name, id)
        return id
      }
      cursor = page.response_metadata?.next_cursor ?? ''
    } while (cursor !== '' && !cursors.has(cursor))
    throw deliveryError(
      NAME,
      `there is no channel "${name}" that the bot can see: check the name, or invite the bot when it is private`,
      { retryable: false, secrets },
    )
  }

  async function upload(
    client: WebClient,
    channelId: string,
    message: Message & Required<Pick<Message, 'image'>>,
  ): Promise<void> {
    const { filename, png, alt } = message.image
    await client.files.uploadV2({
      channel_id: channelId,
      blocks: slackBlocks(message),
      file: Buffer.from(png),
      filename,
      title: filename,
      alt_text: alt.slice(0, 1000),
    })
  }

  return {
    post: async (channel, message, signal) => {
      const client = await connect(signal)
      try {
        const id = await idOf(client, channel)
        const { image } = message
        if (image !== undefined && image.png.length > 0) {
          try {
            return await upload(client, id, { ...message, image })
          } catch (error) {
            if (!NO_UPLOAD.has(codeOf(error) ?? '')) throw error
          }
        }
        await client.chat.postMessage({
          channel: id,
          text: slackText(message),
          blocks: slackBlocks(message),
          unfurl_links: false,
          unfurl_media: false,
        })
      } catch (error) {
        // The channel may have been renamed, or made anew.
        if (codeOf(error) === 'channel_not_found') ids.delete(channel)
        throw translate(error, secrets)
      }
    },
  }
}
