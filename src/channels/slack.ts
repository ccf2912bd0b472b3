import { z } from 'zod'
import { assertAccepted } from './answer.ts'
import { attempt } from './attempt.ts'
import { type Channel, type ChannelEnvironment, defineChannel } from './channel.ts'
import { secretsOfUrl } from './scrub.ts'
import { slackBlocks, slackText } from './slack-blocks.ts'
import { createSlackBot } from './slack-bot.ts'

const CHANNEL = 'slack'

const options = z
  .strictObject({
    token: z.string().min(1).optional().meta({
      description: 'Bot token (xoxb-…) with the scopes chat:write, files:write, channels:read, groups:read.',
      secret: true,
    }),
    channel: z
      .string()
      .regex(/^\s*#?[^\s#]+\s*$/, { error: 'give a channel as #name or as an id such as C0123456789' })
      .optional()
      .meta({
        description: 'Where to post: #name, or the id, which needs no look-up. The bot must be a member.',
      }),
    webhook_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({ description: 'Incoming webhook, instead of a bot: posts without the picture.', secret: true }),
    api_url: z
      .url({ protocol: /^https?$/ })
      .default('https://slack.com/api/')
      .meta({ description: 'Base address of the Slack API.' }),
    timeout: z
      .number()
      .positive()
      .max(3600)
      .default(45)
      .meta({ description: 'Seconds until an attempt is given up.' }),
  })
  .refine(
    ({ token, channel, webhook_url }) =>
      webhook_url !== undefined || (token !== undefined && channel !== undefined),
    {
      error: 'needs token and channel, or webhook_url',
    },
  )

function incomingWebhook(url: string, timeout: number, { fetch }: ChannelEnvironment): Channel {
  const secrets = secretsOfUrl(url)
  return {
    send: (message, { signal }) =>
      attempt({ channel: CHANNEL, timeout, signal, secrets }, async (limited) => {
        const body = JSON.stringify({
          text: slackText(message),
          blocks: slackBlocks(message),
          unfurl_links: false,
        })
        const headers = { 'content-type': 'application/json' }
        await assertAccepted(
          CHANNEL,
          await fetch(url, { method: 'POST', redirect: 'manual', headers, body, signal: limited }),
          secrets,
        )
      }),
  }
}

/** Posts messages to a Slack channel, as a bot with the picture or through an incoming webhook. */
export const slack = defineChannel({
  name: CHANNEL,
  summary: 'Posts the alert to a Slack channel: as a bot with the chart, or through an incoming webhook.',
  options,
  example: { token: 'xoxb-0000', channel: '#alerts' },
  environment: {
    token: 'ANOMSTACK_SLACK_BOT_TOKEN',
    channel: 'ANOMSTACK_SLACK_CHANNEL',
    webhook_url: 'ANOMSTACK_SLACK_WEBHOOK_URL',
  },
  create: ({ token, channel, webhook_url, api_url, timeout }, environment) => {
    if (token === undefined || channel === undefined)
      return incomingWebhook(webhook_url!, timeout, environment)
    const bot = createSlackBot({ token, apiUrl: api_url, fetch: environment.fetch })
    const secrets = [token]
    return {
      send: (message, { signal }) =>
        attempt({ channel: CHANNEL, timeout, signal, secrets }, (limited) =>
          bot.post(channel.trim().replace(/^#/, ''), message, limited),
        ),
    }
  },
})
