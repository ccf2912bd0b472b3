import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What happens to a request: it goes through, it is answered with this status, or it goes through and its answer is lost. */
export type Fate = 'through' | 'answer lost' | number

/** A proxy on loopback in front of a server; each request is asked its fate. */
export async function startFlakyProxy(target: string, fate: (method: string, path: string) => Fate) {
  const { hostname, port } = new URL(target)
  const server = createServer((incoming, response) => {
    void (async () => {
      const { method = '', url = '', headers } = incoming
      const body = await buffer(incoming)
      const decided = fate(method, url)
      if (typeof decided === 'number') return response.writeHead(decided, { 'retry-after': '0' }).end()
      const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
        void buffer(answer).then((content) => {
          if (decided === 'answer lost') return incoming.socket.destroy()
          return response.writeHead(answer.statusCode ?? 500, answer.headers).end(content)
        })
      })
      onward.once('error', () => incoming.socket.destroy())
      return onward.end(body)
    })()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
