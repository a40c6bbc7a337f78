import { Unavailable } from '../core/index.ts'

/** One JSON-RPC call for the few places that speak to a node before a client exists. Throws `RpcFailed`. */
export async function rpc(url: string, method: string, params: unknown[] = [], timeoutMs = 10_000): Promise<unknown> {
  let body: { result?: unknown; error?: { message?: string } }
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    body = (await answer.json()) as typeof body
  } catch (cause) {
    throw new RpcFailed(method, url, cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (body.error) throw new RpcFailed(method, url, body.error.message ?? 'unknown error')
  return body.result
}

/** The same error, or `RpcFailed` where the node could not be reached at all. */
export function orUnreachable(error: unknown, url: string): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'HttpRequestError' || at.name === 'TimeoutError')
      return new RpcFailed('at all', url, at.message.split('\n')[0] ?? '', error)
  }
  return error
}

/** The chain's node did not answer, or answered with an error. */
export class RpcFailed extends Unavailable {
  constructor(method: string, url: string, why: string, cause?: unknown) {
    super(`The chain node did not answer ${method}: ${why}.`, {
      code: 'rpc_failed',
      hint: `Check that a node runs at ${new URL(url).origin}.`,
      details: { method },
      cause,
    })
  }
}
