import type { RepoInfo, RepoType } from './types.ts'

export type Snippet = { name: string; language: string; code: string; note?: string }

/** Code that reads or runs a repository, one piece per tool; what cannot work for it is left out. */
export const snippetsFor = (type: RepoType, info: RepoInfo, origin: string): Snippet[] =>
  type === 'dataset' ? ofDataset(info, origin) : ofModel(info, origin)

const cli = (id: string, origin: string, kind: string): Snippet => ({
  name: 'dehug CLI',
  language: 'bash',
  code: `export DEHUG_ENDPOINT=${origin}\ndehug pull ${id}${kind}\ndehug verify ${id}${kind}`,
  note: 'Every file is checked against the root that its owner anchored on chain.',
})

const python = (id: string, origin: string, kind: string): Snippet => ({
  name: 'Python',
  language: 'python',
  code: `# HF_ENDPOINT=${origin}\nfrom huggingface_hub import snapshot_download\n\nfolder = snapshot_download("${id}"${kind})`,
})

const ofDataset = ({ id }: RepoInfo, origin: string): Snippet[] => [
  {
    name: 'datasets',
    language: 'python',
    code: `# HF_ENDPOINT=${origin}\nfrom datasets import load_dataset\n\ndata = load_dataset("${id}")`,
  },
  cli(id, origin, ' --type dataset'),
  python(id, origin, ', repo_type="dataset"'),
  { name: 'git', language: 'bash', code: `git clone ${origin}/datasets/${id}` },
]

const ofModel = (info: RepoInfo, origin: string): Snippet[] => {
  const { id } = info
  const served = info.inference === 'warm'
  const chats = info.pipeline_tag === 'text-generation'
  const has = (test: RegExp) => info.siblings?.some(({ rfilename }) => test.test(rfilename)) ?? false
  return [
    ...(info.library_name === 'transformers' ? [transformers(info, origin)] : []),
    cli(id, origin, ''),
    python(id, origin, ''),
    ...(served && chats ? [openai(id, origin), curl(id, origin)] : []),
    ...(served && !chats ? [task(info, origin)] : []),
    ...(has(/\.gguf$/) ? [ollama(id, origin)] : []),
    ...(has(/^onnx\/.*\.onnx$/) ? [browser(info, origin)] : []),
    { name: 'git', language: 'bash', code: `git clone ${origin}/${id}` },
  ]
}

const transformers = ({ id, pipeline_tag }: RepoInfo, origin: string): Snippet => ({
  name: 'transformers',
  language: 'python',
  code: `# HF_ENDPOINT=${origin}\nfrom transformers import pipeline\n\npipe = pipeline("${pipeline_tag ?? 'text-generation'}", model="${id}")`,
})

const openai = (id: string, origin: string): Snippet => ({
  name: 'OpenAI SDK',
  language: 'python',
  code: `from openai import OpenAI\n\nclient = OpenAI(base_url="${origin}/v1", api_key="sk-dehug-…")\nanswer = client.chat.completions.create(\n    model="${id}",\n    messages=[{"role": "user", "content": "Hello"}],\n)\nprint(answer.choices[0].message.content)`,
  note: 'The answer’s receipt is at the URL in the header x-dehug-receipt.',
})

const curl = (id: string, origin: string): Snippet => ({
  name: 'curl',
  language: 'bash',
  code: `curl ${origin}/v1/chat/completions \\\n  -H "Authorization: Bearer sk-dehug-…" -H "Content-Type: application/json" \\\n  -d '{"model": "${id}", "messages": [{"role": "user", "content": "Hello"}]}'`,
})

const task = ({ id }: RepoInfo, origin: string): Snippet => ({
  name: 'curl',
  language: 'bash',
  code: `curl ${origin}/models/${id} \\\n  -H "Authorization: Bearer sk-dehug-…" -H "Content-Type: application/json" \\\n  -d '{"inputs": "…"}'`,
})

const ollama = (id: string, origin: string): Snippet => ({
  name: 'Ollama',
  language: 'bash',
  code: `ollama run ${new URL(origin).host}/${id}`,
  note: 'Ollama asks over https; use the host name of a hub that has a certificate.',
})

const browser = ({ id, pipeline_tag }: RepoInfo, origin: string): Snippet => ({
  name: 'TypeScript',
  language: 'ts',
  code: `import { env, pipeline } from '@huggingface/transformers'\n\nenv.remoteHost = '${origin}/'\nconst run = await pipeline('${pipeline_tag ?? 'text-generation'}', '${id}')`,
  note: 'Runs in Node and in browsers, on the visitor’s own machine.',
})
