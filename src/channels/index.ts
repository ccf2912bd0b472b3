import type { PluginCatalog } from '../core/plugin.ts'
import type { ChannelDefinition } from './channel.ts'
import { consoleChannel } from './console.ts'
import { email } from './email.ts'
import { slack } from './slack.ts'
import { webhook } from './webhook.ts'

/** Every channel by name; a new one is a file and a line here. */
export const channels: PluginCatalog<ChannelDefinition> = new Map<string, ChannelDefinition>(
  [consoleChannel, email, slack, webhook].map((definition) => [
    definition.name,
    definition as ChannelDefinition,
  ]),
)
