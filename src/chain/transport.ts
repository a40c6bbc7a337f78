import { http, type Transport } from 'viem'

const attempts = 6

/**
 * HTTP to a node; requests of one tick travel as one batch. A development node that keeps no old states refuses a read of
 * "latest" when a block is mined in the middle of it: such reads are repeated.
 */
export function nodeTransport(url: string): Transport {
  const plain = http(url, { batch: { batchSize: 100 }, retryCount: 2 })
  return (config) => {
    const transport = plain(config)
    const request = async (args: Parameters<typeof transport.request>[0]): Promise<unknown> => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await transport.request(args)
        } catch (error) {
          if (attempt === attempts || !isOvertaken(error)) throw error
        }
      }
    }
    return { ...transport, request: request as typeof transport.request }
  }
}

const isOvertaken = (error: unknown) =>
  /BlockOutOfRange|block height is \d+ but requested was \d+/.test(
    String((error as { details?: unknown })?.details ?? error),
  )
