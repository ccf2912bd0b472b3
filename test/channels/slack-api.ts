import type { ServerResponse } from 'node:http'
import { type HttpReceiver, type ReceivedCall, startHttpReceiver } from './http-receiver.ts'

export interface SlackPost {
  readonly channel: string
  readonly text: string
  readonly blocks: readonly SlackBlock[]
  readonly file?: { readonly png: Uint8Array; readonly filename: string; readonly altText: string }
}

export interface SlackBlock {
  readonly type: string
  readonly block_id?: string | undefined
  readonly text?: { readonly type: string; readonly text: string } | undefined
  readonly fields?: readonly { readonly type: string; readonly text: string }[] | undefined
}

export interface SlackApi extends HttpReceiver {
  readonly posts: SlackPost[]
  /** Answers the calls of a method differently from now on. */
  override(method: string, respond: (response: ServerResponse, call: ReceivedCall) => void): void
}

/** The parts of Slack's Web API that a bot needs, over the channels given page by page. */
export async function startSlackApi(pages: readonly (readonly string[])[] = [['alerts']]): Promise<SlackApi> {
  const posts: SlackPost[] = []
  const files = new Map<string, { filename: string; altText: string; png: Uint8Array }>()
  const overrides = new Map<string, (response: ServerResponse, call: ReceivedCall) => void>()
  const receiver = await startHttpReceiver((call, response) => {
    const method = call.path.split('/').at(-1) ?? ''
    const override = overrides.get(method) ?? overrides.get('*')
    if (override !== undefined) return override(response, call)
    answer(method, call).then(
      (result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })

  async function answer(method: string, call: ReceivedCall): Promise<object> {
    if (call.path.startsWith('/upload/')) {
      const form = await new Response(new Uint8Array(call.body), {
        headers: { 'content-type': call.headers['content-type'] ?? '' },
      }).formData()
      files.get(method)!.png = new Uint8Array(await (form.get('body') as File).arrayBuffer())
      return { ok: true }
    }
    const fields = new URLSearchParams(call.body.toString())
    if (method === 'conversations.list') {
      const page = Number(fields.get('cursor') || 0)
      const channels = (pages[page] ?? []).map((name, index) => ({ id: `C${page}000000${index}`, name }))
      return {
        ok: true,
        channels,
        response_metadata: { next_cursor: page + 1 < pages.length ? String(page + 1) : '' },
      }
    }
    if (method === 'files.getUploadURLExternal') {
      const id = `F${files.size}`
      files.set(id, {
        filename: fields.get('filename') ?? '',
        altText: fields.get('alt_text') ?? '',
        png: new Uint8Array(),
      })
      return { ok: true, file_id: id, upload_url: `${receiver.url}/upload/${id}` }
    }
    const blocks = JSON.parse(fields.get('blocks') ?? '[]') as SlackBlock[]
    if (method === 'files.completeUploadExternal') {
      const [file] = JSON.parse(fields.get('files') ?? '[]') as { id: string }[]
      posts.push({
        channel: fields.get('channel_id') ?? '',
        text: fields.get('initial_comment') ?? '',
        blocks,
        file: files.get(file!.id)!,
      })
      return { ok: true, files: [] }
    }
    if (method === 'chat.postMessage') {
      posts.push({ channel: fields.get('channel') ?? '', text: fields.get('text') ?? '', blocks })
      return { ok: true, ts: '1' }
    }
    return { ok: false, error: 'unknown_method' }
  }

  return { ...receiver, posts, override: (method, respond) => void overrides.set(method, respond) }
}

/** What Slack shows of escaped text. */
export function unescapeSlack(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** All text of a post's blocks, still escaped. */
export function textOf(blocks: readonly SlackBlock[]): string {
  return blocks
    .flatMap((block) => [block.text?.text ?? '', ...(block.fields ?? []).map((field) => field.text)])
    .join('\n')
}
