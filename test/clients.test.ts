import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNetwork, type TestNetwork } from './network.ts'
import { hubClients, python, pythonOf, runPython } from './python.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures')
const model = 'dehug/dehug-tiny-chat'
const question = [{ role: 'user' as const, content: 'What is DeHug?' }]
const expected = 'DeHug is a decentralized hub for AI models and datasets.'

let network: TestNetwork
let folder: string
let interpreter: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-clients-'))
  interpreter = await python(['openai', 'huggingface_hub'])
  network = await startNetwork({
    models: ['dehug-tiny-chat', 'dehug-embed', 'dehug-langid', 'dehug-vision', 'demo-dataset'],
  })
}, 300_000)

afterAll(async () => {
  await network?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const apiKeyOf = (name: string): string => network.account(name).apiKey ?? ''
const tokenOf = (name: string): string => network.account(name).token ?? ''

/** Runs a script with unmodified clients and gives what it printed as its last line of JSON. */
const py = async (script: string, env: Record<string, string> = {}, by = interpreter): Promise<never> => {
  const settings = {
    HOME: folder,
    HF_HOME: join(folder, 'hf'),
    HF_ENDPOINT: network.hub,
    HF_TOKEN: tokenOf('carol'),
    OPENAI_BASE_URL: `${network.gateway}/v1`,
    OPENAI_API_KEY: apiKeyOf('alice'),
    ...env,
  }
  return (await runPython(by, ['-'], { cwd: folder, env: settings, input: script })).lastJson as never
}

describe('openai for Python', () => {
  test('behavior: chat, streamed chat and usage', async () => {
    const result: { text: string; streamed: string; usage: number[]; receipt: string } = await py(`
import json
from openai import OpenAI
client = OpenAI()
messages = [{"role": "user", "content": "What is DeHug?"}]
raw = client.chat.completions.with_raw_response.create(model="${model}", messages=messages, max_tokens=24, temperature=0)
answer = raw.parse()
chunks = list(client.chat.completions.create(model="${model}", messages=messages, max_tokens=24, temperature=0, stream=True, stream_options={"include_usage": True}))
streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
print(json.dumps({"text": answer.choices[0].message.content, "streamed": streamed, "receipt": raw.headers["x-dehug-receipt"],
  "usage": [answer.usage.prompt_tokens, answer.usage.completion_tokens, chunks[-1].usage.completion_tokens]}))
`)
    expect(result.text).toContain(expected)
    expect(result.streamed).toBe(result.text)
    expect(result.usage[1]).toBe(24)
    expect(result.usage[2]).toBe(24)
    const receipt = await fetch(result.receipt, {
      headers: { authorization: `Bearer ${apiKeyOf('alice')}` },
    })
    expect(await receipt.json()).toMatchObject({ receipt: { status: 0, unitsOut: '24' } })
  })

  test('behavior: embeddings are those of the model, as floats and as base64', async () => {
    const { pairs } = JSON.parse(await readFile(join(fixtures, 'dehug-embed/EXPECTED.json'), 'utf8'))
    const [{ a, b, cosine_fp32 }] = pairs
    const vectors: number[][] = await py(`
import json
from openai import OpenAI
answer = OpenAI().embeddings.create(model="dehug/dehug-embed", input=${JSON.stringify([a, b])})
print(json.dumps([item.embedding for item in answer.data]))
`)
    const [x, y] = vectors as [number[], number[]]
    const cosine = x.reduce((sum, value, i) => sum + value * (y[i] as number), 0)
    expect(cosine).toBeCloseTo(cosine_fp32, 2)
  })

  test('error: a wrong key, an unknown model and an unsupported parameter are the errors the client knows', async () => {
    const names: string[] = await py(`
import json, openai
from openai import OpenAI
seen = []
def attempt(client, **more):
    try:
        client.chat.completions.create(**{"model": "${model}", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4, **more})
    except openai.APIStatusError as error:
        seen.append(type(error).__name__)
attempt(OpenAI(api_key="sk-nonsense", max_retries=0))
attempt(OpenAI(max_retries=0), model="nobody/nothing")
attempt(OpenAI(max_retries=0), n=3)
print(json.dumps(seen))
`)
    expect(names).toEqual(['AuthenticationError', 'NotFoundError', 'BadRequestError'])
  })
})

describe('openai for Node', () => {
  test('behavior: streamed chat', async () => {
    const client = new OpenAI({ baseURL: `${network.gateway}/v1`, apiKey: apiKeyOf('bob') })
    let text = ''
    const stream = await client.chat.completions.create({
      model,
      messages: question,
      max_tokens: 24,
      temperature: 0,
      stream: true,
    })
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toContain(expected)
  })

  test('behavior: a client that leaves pays for what was written and no more', async () => {
    const client = new OpenAI({ baseURL: `${network.gateway}/v1`, apiKey: apiKeyOf('bob') })
    const { response, data: stream } = await client.chat.completions
      .create({
        model,
        messages: [{ role: 'user', content: 'Tell me a story.' }],
        max_tokens: 400,
        temperature: 0,
        stream: true,
      })
      .withResponse()
    for await (const _ of stream) break
    const url = response.headers.get('x-dehug-receipt') as string
    const receipt = await settled(url, apiKeyOf('bob'))
    expect(Number(receipt.unitsOut)).toBeLessThan(400)
    expect([0, 1]).toContain(receipt.status)
  })
})

/** The receipt of a job that may still be finishing. */
const settled = async (url: string, apiKey: string): Promise<{ unitsOut: string; status: number }> => {
  const deadline = Date.now() + 20_000
  for (;;) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } })
    if (answer.ok) return ((await answer.json()) as { receipt: { unitsOut: string; status: number } }).receipt
    if (Date.now() > deadline) throw new Error(`No receipt: ${answer.status} ${await answer.text()}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

describe('huggingface_hub', () => {
  test('behavior: what was pushed by our client is what the Hub client downloads', async () => {
    const files: string[] = await py(`
import json, os
from huggingface_hub import snapshot_download, model_info
path = snapshot_download("${model}")
assert model_info("${model}").sha == os.path.basename(path)
print(json.dumps(sorted(os.path.relpath(os.path.join(folder, name), path) for folder, _, names in os.walk(path) for name in names)))
`)
    expect(files).toContain('onnx/model.onnx')
    expect(files).toContain('tokenizer.json')
  })

  test('behavior: what the Hub client uploads can be read back, by it and by ours', async () => {
    await cp(join(fixtures, 'dehug-langid'), join(folder, 'langid'), { recursive: true })
    const result: { commit: string; same: boolean; repeated: string } = await py(`
import json, hashlib
from huggingface_hub import HfApi, hf_hub_download
api = HfApi()
api.create_repo("carol/langid")
first = api.upload_folder(repo_id="carol/langid", folder_path="langid")
again = api.upload_folder(repo_id="carol/langid", folder_path="langid")
path = hf_hub_download("carol/langid", "onnx/model.onnx", revision=first.oid)
digest = lambda name: hashlib.sha256(open(name, "rb").read()).hexdigest()
print(json.dumps({"commit": first.oid, "same": digest(path) == digest("langid/onnx/model.onnx"), "repeated": again.oid}))
`)
    expect(result.same).toBe(true)
    expect(result.repeated).toBe(result.commit)
  })

  test('behavior: a private repository does not exist for others', async () => {
    const seen: string[] = await py(
      `
import json, os
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.utils import RepositoryNotFoundError
owner, stranger, nobody = HfApi(), HfApi(token=os.environ["STRANGER"]), HfApi(token=False)
owner.create_repo("carol/secret", private=True)
owner.upload_file(path_or_fileobj=b"hidden", path_in_repo="a.txt", repo_id="carol/secret")
seen = []
for api in (stranger, nobody):
    for call in (lambda: api.model_info("carol/secret"), lambda: api.list_repo_files("carol/secret"), lambda: api.hf_hub_download("carol/secret", "a.txt")):
        try:
            call()
            seen.append("readable")
        except RepositoryNotFoundError:
            seen.append("not found")
seen.append(str(sum(model.id == "carol/secret" for model in stranger.list_models(author="carol"))))
print(json.dumps(seen))
`,
      { STRANGER: tokenOf('bob') },
    )
    expect(seen).toEqual([...Array(6).fill('not found'), '0'])
  })
})

describe.each(hubClients)('InferenceClient of huggingface_hub $version', (client) => {
  test('behavior: a model that workers serve is warm, says who serves it, and is reached through its provider', async () => {
    const found: Record<string, unknown> = await py(
      `
import json, os
from huggingface_hub import constants
# Where the router is stands in the client; all else is asked for.
constants.INFERENCE_PROXY_TEMPLATE = os.environ["HF_ENDPOINT"] + "/{provider}"
from huggingface_hub import HfApi, InferenceClient
api = HfApi()
info = api.model_info("dehug/dehug-langid", expand=["inference", "inferenceProviderMapping"])
served = api.list_models(author="dehug", inference="warm", expand=["inferenceProviderMapping"])
api.create_repo("carol/cold-${client.venv}")
cold = api.model_info("carol/cold-${client.venv}", expand=["inference", "inferenceProviderMapping"])
named = InferenceClient(provider="hf-inference", api_key=os.environ["OPENAI_API_KEY"])
anyone = InferenceClient(provider="auto", api_key=os.environ["OPENAI_API_KEY"])
question = [{"role": "user", "content": "What is DeHug?"}]
answer = named.chat_completion(question, model="${model}", max_tokens=24, temperature=0).choices[0].message.content
pieces = named.chat_completion(question, model="${model}", max_tokens=24, temperature=0, stream=True)
try:
    anyone.text_classification("Guten Tag", model="carol/cold-${client.venv}")
    nobody = "answered"
except Exception as error:
    nobody = type(error).__name__
print(json.dumps({
  "warm": info.inference, "mapping": [[m.provider, m.status, m.provider_id, m.task] for m in info.inference_provider_mapping],
  "served": sorted([m.id, m.inference_provider_mapping[0].status] for m in served), "cold": [cold.inference, cold.inference_provider_mapping], "nobody": nobody,
  "answer": answer, "streamed": "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == answer,
  "label": anyone.text_classification("Guten Tag, wie geht es Ihnen?", model="dehug/dehug-langid")[0].label,
  "same": round(anyone.sentence_similarity("a cat", other_sentences=["a cat"], model="dehug/dehug-embed")[0], 3),
}))
`,
      {},
      await pythonOf(client),
    )
    expect(found).toEqual({
      warm: 'warm',
      mapping: [['hf-inference', 'live', 'dehug/dehug-langid', 'text-classification']],
      served: ['embed', 'langid', 'tiny-chat', 'vision'].map((name) => [`dehug/dehug-${name}`, 'live']),
      cold: [null, null],
      nobody: 'ValueError',
      answer: expect.stringContaining(expected),
      streamed: true,
      label: 'de',
      same: 1,
    })
  })
})
