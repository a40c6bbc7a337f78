import { createHmac } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { publicAddresses, type Resolve } from './Address.ts'

export type Message = { id: string; url: string; secret: string | null; payload: unknown; at: Date }

const timeoutMs = 10_000
const answerBytes = 64 * 1024

/** What proves to a receiver who knows the secret that the body is ours: HMAC-SHA256 over `time.body`. */
export const signature = (secret: string, unixSeconds: number, body: string): string =>
  `t=${unixSeconds},v1=${createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex')}`

const headersOf = ({ id, secret, at }: Message, body: string): Record<string, string> => ({
  'content-type': 'application/json',
  'content-length': String(Buffer.byteLength(body)),
  'user-agent': 'dehug-webhooks',
  'x-dehug-delivery': id,
  ...(secret === null
    ? {}
    : {
        'x-webhook-secret': secret,
        'x-dehug-signature': signature(secret, Math.floor(at.getTime() / 1000), body),
      }),
})

/**
 * Sends one message and returns the status of the answer. The connection goes to an address that was checked, redirects
 * are not followed, and all of it takes 10 s at most. Throws `NotReachable` and what the network throws.
 */
export const sendWebhook = async (
  message: Message,
  { resolve, allowPrivate }: { resolve: Resolve; allowPrivate: boolean },
): Promise<number> => {
  const url = new URL(message.url)
  const signal = AbortSignal.timeout(timeoutMs)
  const addresses = await publicAddresses(url.hostname, resolve, allowPrivate)
  const body = JSON.stringify(message.payload)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const response = await new Promise<IncomingMessage>((done, fail) => {
    const outgoing = send(url, {
      method: 'POST',
      headers: headersOf(message, body),
      signal,
      agent: false,
      // The name is not looked up again: a second answer could be another one.
      lookup: (_host, options, found) =>
        options.all
          ? found(null, addresses)
          : found(null, addresses[0]?.address as string, addresses[0]?.family as number),
    })
    outgoing.once('response', done)
    outgoing.once('error', fail)
    outgoing.end(body)
  })
  let received = 0
  for await (const chunk of response) {
    received += (chunk as Buffer).length
    if (received > answerBytes) break
  }
  return response.statusCode ?? 0
}
