import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNetwork, type TestNetwork } from './network.ts'
import { python, runPython } from './python.ts'

const project = resolve(import.meta.dirname, '../python')
const packages = ['torch', 'transformers', 'datasets', 'sentence-transformers', 'onnxruntime', 'pillow', 'pycryptodome']

let folder: string
let interpreter: string
let network: TestNetwork

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-examples-'))
  ;[interpreter, network] = await Promise.all([
    python(packages, 'heavy'),
    startNetwork({ models: ['dehug-tiny-chat', 'dehug-embed', 'dehug-langid', 'dehug-vision', 'demo-dataset'] }),
  ])
}, 900_000)

afterAll(async () => {
  await network?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const env = (): Record<string, string> => ({
  HOME: folder,
  DEHUG_HOME: join(folder, 'home'),
  DEHUG_ENDPOINT: network.hub,
  DEHUG_TOKEN: network.account('carol').token,
  DEHUG_API_KEY: network.account('alice').apiKey ?? '',
  HF_HUB_DISABLE_PROGRESS_BARS: '1',
  PYTHONDONTWRITEBYTECODE: '1',
})

describe('the examples of the Python package', () => {
  const example = async (name: string, ...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await runPython(interpreter, [join(project, 'examples', name), ...args], {
      cwd: folder,
      env: { ...env(), PYTHONPATH: join(project, 'src') },
    })
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stdout}\n${stderr}`)
    return stdout
  }

  const expected: Record<string, RegExp[]> = {
    'transformers_chat.py': [/is verified: root 0x[0-9a-f]{64}, chain checked/, /^DeHug is a decentralized hub/m],
    'onnx_classifier.py': [/^de Guten Tag/m, /^en Where/m, /^es ¿Dónde/m],
    'datasets_rows.py': [/^\d+ rows with id, text/m, /anchored: False/, /\['one', 'two'\]/],
    'sentence_similarity.py': [/^\[1\.0, /m, /cosine (1\.0|0\.99)/, /it cost \d+ µUSDC/],
  }

  test('behavior: all of them are run here', async () => {
    expect((await readdir(join(project, 'examples'))).sort()).toEqual(Object.keys(expected).sort())
  })

  test.each(Object.entries(expected))('behavior: %s', async (name, lines) => {
    const printed = await example(name, 'carol/rows')
    for (const line of lines) expect(printed).toMatch(line)
  })

  test('behavior: rows are read from verified files, and content by its CID', async () => {
    const script = `
import json
import dehug
hub = dehug.DeHug()
local = hub.download_model("dehug/demo-dataset", repo_type="dataset")
parquet = next(path for path in local.files if path.endswith(".parquet"))
data = (local.folder / parquet).read_bytes()
cid = dehug.digest.bytes_cid(data)
rows = dehug.load_dataset_from_cid(cid, split="train")
streamed = dehug.load_dataset("dehug/demo-dataset", split="train", streaming=True)
print(json.dumps([local.verified, rows.num_rows > 0, dehug.load_content_from_cid(cid) == data, next(iter(streamed))["id"] is not None]))
`
    const ran = await runPython(interpreter, ['-'], {
      cwd: folder,
      env: { ...env(), PYTHONPATH: join(project, 'src') },
      input: script,
    })
    expect(ran.lastJson).toEqual([true, true, true, true])
  })
})

describe('pip install ./python', () => {
  test.each(['1.33.0', '2.0.0'])('behavior: with huggingface_hub %s, the command works', async (version) => {
    const venv = `install-${version[0]}`
    const installed = await python([`huggingface_hub==${version}`, 'pycryptodome', 'hatchling'], venv)
    const pip = ['-m', 'pip', 'install', '--quiet', '--force-reinstall', '--no-deps', '--no-build-isolation', project]
    expect(await runPython(installed, pip, { cwd: folder, env: { HOME: folder } })).toMatchObject({ status: 0 })
    const dehug = join(dirname(installed), 'dehug')
    const pulled = await runPython(dehug, ['pull', 'dehug/dehug-langid', '--json'], { cwd: folder, env: env() })
    expect(pulled.lastJson).toMatchObject({ verified: true, chain: 'checked' })
    const verified = await runPython(dehug, ['verify', 'dehug/dehug-langid', '--json'], { cwd: folder, env: env() })
    expect(verified.lastJson).toMatchObject({ repo: 'model:dehug/dehug-langid', extra: [] })
    const pushed = await runPython(dehug, ['push', join(project, 'examples'), `carol/e${version[0]}`, '--json'], {
      cwd: folder,
      env: env(),
    })
    expect(pushed.lastJson).toMatchObject({ anchored: false })
  })
})

describe('InferenceClient of huggingface_hub, unmodified', () => {
  test('behavior: all tasks by the address of a model', async () => {
    const script = `
import io, json, os
from huggingface_hub import InferenceClient
from PIL import Image
hub, key = os.environ["DEHUG_ENDPOINT"], os.environ["DEHUG_API_KEY"]
of = lambda name: InferenceClient(model=f"{hub}/models/dehug/{name}", token=key)
chat = of("dehug-tiny-chat")
messages = [{"role": "user", "content": "What is DeHug?"}]
answer = chat.chat_completion(messages, max_tokens=24, temperature=0).choices[0].message.content
pieces = chat.chat_completion(messages, max_tokens=24, temperature=0, stream=True)
streamed = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
text = chat.text_generation("DeHug is", max_new_tokens=5)
details = chat.text_generation("DeHug is", max_new_tokens=5, details=True)
tokens = "".join(chat.text_generation("DeHug is", max_new_tokens=5, stream=True))
v1 = InferenceClient(base_url=f"{hub}/v1", token=key)
same = v1.chat_completion(messages, model="dehug/dehug-tiny-chat", max_tokens=24, temperature=0).choices[0].message.content
labels = of("dehug-langid").text_classification("Guten Tag, wie geht es Ihnen?")
vector = of("dehug-embed").feature_extraction("a cat")
picture = io.BytesIO()
Image.new("RGB", (32, 32), "red").save(picture, "PNG")
seen = of("dehug-vision").image_classification(picture.getvalue())
print(json.dumps({"answer": answer, "streamed": streamed == answer, "same": same == answer, "text": text == details.generated_text == tokens,
  "tokens": details.details.generated_tokens, "label": labels[0].label, "vector": len(vector.reshape(-1)), "seen": len(seen) > 0}))
`
    const ran = await runPython(interpreter, ['-'], { cwd: folder, env: env(), input: script })
    expect(ran.lastJson).toMatchObject({
      streamed: true,
      same: true,
      text: true,
      tokens: 5,
      label: 'de',
      vector: 64,
      seen: true,
      answer: expect.stringContaining('DeHug is a decentralized hub'),
    })
  })
})
