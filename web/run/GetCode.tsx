'use client'
import type { EngineRequest } from 'dehug/core'
import { useSyncExternalStore } from 'react'
import { CopyButton } from '@/components/ui/CopyButton.tsx'
import { Tabs } from '@/components/ui/Tabs.tsx'

/** The same request from a program. */
export const GetCode = ({ model, request }: { model: string; request: EngineRequest.EngineRequest }) => {
  const origin = useSyncExternalStore(
    () => () => {},
    () => location.origin,
    () => '',
  )
  const samples = samplesOf(origin, model, request)
  return (
    <section aria-label="Code" className="panel overflow-hidden">
      <Tabs
        label="Code for this request"
        tabs={samples.map(({ name, code }) => ({
          value: name,
          label: name,
          content: (
            <div className="relative">
              <pre className="whitespace-pre-wrap break-all pr-10 text-[0.8125rem] leading-relaxed">
                <code>{code}</code>
              </pre>
              <CopyButton text={code} what={`${name} code`} className="absolute right-0 top-0" />
            </div>
          ),
        }))}
      />
    </section>
  )
}

type Sample = { name: string; code: string }

function samplesOf(origin: string, model: string, request: EngineRequest.EngineRequest): Sample[] {
  const { path, body } = callOf(model, request)
  const json = JSON.stringify(body, null, 2)
  const quoted = json.replaceAll("'", "'\\''")
  const curl = `curl ${origin}${path} \\
  -H "authorization: Bearer $DEHUG_API_KEY" \\
  -H "content-type: application/json" \\
  -d '${quoted}'`
  const samples = [{ name: 'curl', code: curl }]
  if (request.task !== 'text-generation' || !request.messages) return samples
  const arguments_ = Object.entries(body)
    .map(([name, value]) => `    ${name}=${JSON.stringify(value)},`)
    .join('\n')
  const python = `import os
from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key=os.environ["DEHUG_API_KEY"])
answer = client.chat.completions.create(
${arguments_}
)
print(answer.choices[0].message.content)`
  const script = `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: process.env.DEHUG_API_KEY })
const answer = await client.chat.completions.create(${json})
console.log(answer.choices[0].message.content)`
  const prompt = request.messages.at(-1)?.content ?? ''
  const shell = `dehug chat ${model} ${JSON.stringify(prompt)}`
  return [
    ...samples,
    { name: 'Python', code: python },
    { name: 'TypeScript', code: script },
    { name: 'dehug', code: shell },
  ]
}

function callOf(model: string, request: EngineRequest.EngineRequest): { path: string; body: Record<string, unknown> } {
  if (request.task === 'feature-extraction') return { path: '/v1/embeddings', body: { model, input: request.inputs } }
  if (request.task !== 'text-generation') {
    const inputs = request.task === 'image-classification' ? ['<base64 of a PNG or JPEG>'] : request.inputs
    const parameters = request.topK === undefined ? {} : { parameters: { top_k: request.topK } }
    return { path: `/models/${model}`, body: { inputs, ...parameters } }
  }
  const { messages, prompt, maxTokens, temperature, topP, seed } = request
  const body = {
    model,
    ...(messages ? { messages } : { prompt }),
    max_tokens: maxTokens,
    temperature,
    ...(topP === 1 ? {} : { top_p: topP }),
    ...(seed === undefined ? {} : { seed }),
  }
  return { path: messages ? '/v1/chat/completions' : '/v1/completions', body }
}
