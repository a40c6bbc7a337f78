import type { EngineRequest } from '../core/index.ts'
import type { OpenAi } from '../wire/index.ts'
import type { Gateway } from './Gateway.ts'

/** What OpenAI's legacy completions write when nothing is said. */
const legacyMaxTokens = 16
const openAiTemperature = 1

/** Chat as an engine request. Without `max_tokens` it is as much as the cheapest offer allows. */
export async function chatRequest(gateway: Gateway, body: OpenAi.ChatBody): Promise<EngineRequest.EngineRequest> {
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? (await mostTokens(gateway, body.model))
  return { task: 'text-generation', messages: body.messages, ...sampling(body), maxTokens }
}

export const completionRequest = (body: OpenAi.CompletionBody): EngineRequest.EngineRequest => ({
  ...{ task: 'text-generation', prompt: body.prompt, ...sampling(body) },
  maxTokens: body.max_tokens ?? legacyMaxTokens,
})

export const embeddingRequest = (body: OpenAi.EmbeddingBody): EngineRequest.EngineRequest => ({
  task: 'feature-extraction',
  inputs: body.input,
})

function sampling({ temperature, top_p, seed, stop }: OpenAi.ChatBody | OpenAi.CompletionBody) {
  const common = { temperature: temperature ?? openAiTemperature, topP: top_p ?? 1, stop: stop ?? [] }
  return seed === undefined ? common : { ...common, seed }
}

async function mostTokens(gateway: Gateway, model: string): Promise<number> {
  const [cheapest] = await gateway.providers.find(model, { in: 0n, out: 0n, ms: 0n })
  return Math.max(1, Number(cheapest?.offer.maxOut ?? 1n))
}
