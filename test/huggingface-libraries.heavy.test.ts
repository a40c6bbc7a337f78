import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokens } from '../src/hub/start-test-hub.ts'
import { hubClients, python, pythonOf, runPython } from './python.ts'
import { type PythonHub, startPythonHub } from './python-hub.ts'

const packages = ['torch', 'transformers', 'datasets', 'sentence-transformers']

let at: PythonHub
let interpreter: string
/** Where the other line of huggingface_hub is; only transformers permits it. */
let newer: string

beforeAll(async () => {
  ;[interpreter, at] = await Promise.all([python(packages, 'heavy'), startPythonHub()])
  const [client] = hubClients
  const paths = "import json, sysconfig; print(json.dumps(sysconfig.get_paths()['purelib']))"
  newer = (await runPython(await pythonOf(client), ['-c', paths])).lastJson as string
}, 900_000)

afterAll(async () => {
  await at?.[Symbol.asyncDispose]()
})

/** A tokenizer and a GPT-2 small enough to be made here. */
const tiny = `
import json, os, torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, GPT2Config, GPT2LMHeadModel, AutoModelForCausalLM, AutoTokenizer, AutoConfig, pipeline
torch.manual_seed(0)
words = {word: i for i, word in enumerate(["<unk>", "<pad>", "de", "hug", "is", "a", "hub", "for", "models", "and", "data"])}
base = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
base.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=base, unk_token="<unk>", pad_token="<pad>")
def made(layers=2):
    return GPT2LMHeadModel(GPT2Config(vocab_size=len(words), n_positions=32, n_embd=32, n_layer=layers, n_head=2, bos_token_id=1, eos_token_id=1)).eval()
`

describe.each([
  { line: '1', env: () => ({}) },
  { line: '2', env: () => ({ PYTHONPATH: newer }) },
])('transformers with huggingface_hub, line $line', ({ line, env }) => {
  test('behavior: push_to_hub, from_pretrained, shards and pipeline', async () => {
    for (const path of at.paths) {
      const found = await at.run(
        interpreter,
        `${tiny}
import huggingface_hub
repo = "ada/gpt-${line}-${path}"
model = made()
model.push_to_hub(repo)
tokenizer.push_to_hub(repo)
loaded = AutoModelForCausalLM.from_pretrained(repo)
words_of = AutoTokenizer.from_pretrained(repo)
inputs = words_of("de hug is a hub", return_tensors="pt")
same = torch.equal(model(**inputs).logits, loaded(**inputs).logits)
large = made(8)
large.push_to_hub(repo + "-sharded", max_shard_size="100KB")
from huggingface_hub import HfApi
shards = [name for name in HfApi().list_repo_files(repo + "-sharded") if name.endswith(".safetensors")]
again = AutoModelForCausalLM.from_pretrained(repo + "-sharded")
sharded = all(torch.equal(a, b) for a, b in zip(large.state_dict().values(), again.state_dict().values()))
text = pipeline("text-generation", model=repo)("de hug", max_new_tokens=3)[0]["generated_text"]
try:
    AutoConfig.from_pretrained("ada/no-such-model")
    missing = "found"
except OSError as error:
    missing = "is not a local folder and is not a valid model identifier" in str(error)
print(json.dumps([huggingface_hub.__version__[0], same, len(shards) > 1, sharded, text.startswith("de hug"), missing]))
`,
        { path, env: env() },
      )
      expect(found).toEqual([line, true, true, true, true, true])
    }
  }, 240_000)

  test('behavior: what was pulled once works offline', async () => {
    const script = `${tiny}
model = AutoModelForCausalLM.from_pretrained("ada/gpt-${line}-lfs")
tokenizer = AutoTokenizer.from_pretrained("ada/gpt-${line}-lfs")
print(json.dumps(len(tokenizer("de hug")["input_ids"])))
`
    expect(await at.run(interpreter, script, { env: { ...env(), HF_HUB_OFFLINE: '1' } })).toBe(2)
  }, 120_000)
})

describe('datasets', () => {
  test('behavior: csv, parquet, streaming, push_to_hub and back', async () => {
    for (const path of at.paths) {
      const found = await at.run(
        interpreter,
        `
import json, io
import pyarrow as pa, pyarrow.parquet as pq
from datasets import Dataset, DatasetDict, load_dataset, get_dataset_config_names
from huggingface_hub import HfApi
api = HfApi()
csv = "ada/csv-${path}"
api.create_repo(csv, repo_type="dataset")
rows = "\\n".join(["text,label"] + [f"row {i},{i % 2}" for i in range(100)])
api.upload_file(path_or_fileobj=rows.encode(), path_in_repo="data/train.csv", repo_id=csv, repo_type="dataset")
api.upload_file(path_or_fileobj=b"text,label\\nlast,1\\n", path_in_repo="data/test.csv", repo_id=csv, repo_type="dataset")
table = io.BytesIO()
pq.write_table(pa.table({"n": list(range(50_000))}), table)
api.create_repo("ada/parquet-${path}", repo_type="dataset")
api.upload_file(path_or_fileobj=table.getvalue(), path_in_repo="train.parquet", repo_id="ada/parquet-${path}", repo_type="dataset")
both = load_dataset(csv)
numbers = load_dataset("ada/parquet-${path}", split="train")
streamed = [row["n"] for row in load_dataset("ada/parquet-${path}", split="train", streaming=True).take(3)]
lines = [row["text"] for row in load_dataset(csv, split="train", streaming=True).take(2)]
mine = DatasetDict({"train": Dataset.from_dict({"a": [1, 2, 3]}), "test": Dataset.from_dict({"a": [4]})})
mine.push_to_hub("ada/pushed-${path}")
mine["train"].push_to_hub("ada/pushed-${path}", config_name="other", split="train")
back = load_dataset("ada/pushed-${path}", "default")
# Files written in place through the file system of the client.
api.create_repo("ada/written-${path}", repo_type="dataset")
mine["train"].to_csv("hf://datasets/ada/written-${path}/csv/train.csv")
mine["train"].to_parquet("hf://datasets/ada/written-${path}/parquet/train.parquet")
written = [[row["a"] for row in load_dataset("ada/written-${path}", data_dir=kind, split="train", streaming=True)] for kind in ("csv", "parquet")]
print(json.dumps([both["train"].num_rows, both["test"][0], numbers.num_rows, sum(numbers["n"]), streamed, lines,
  back["train"]["a"][:], back["test"]["a"][:], get_dataset_config_names("ada/pushed-${path}"), written]))
`,
        { path },
      )
      expect(found).toEqual([
        100,
        { text: 'last', label: 1 },
        50_000,
        1_249_975_000,
        [0, 1, 2],
        ['row 0', 'row 1'],
        [1, 2, 3],
        [4],
        ['default', 'other'],
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
      ])
    }
  }, 240_000)

  test('error: a dataset that is not there, or not for this account', async () => {
    await at.run(
      interpreter,
      `
import json
from huggingface_hub import HfApi
HfApi().create_repo("ada/hidden-rows", repo_type="dataset", private=True)
HfApi().upload_file(path_or_fileobj=b"a\\n1\\n", path_in_repo="a.csv", repo_id="ada/hidden-rows", repo_type="dataset")
print(json.dumps("made"))
`,
    )
    const seen = (token: string, home: string): Promise<unknown> =>
      at.run(
        interpreter,
        `
import json
from datasets import load_dataset
from datasets.exceptions import DatasetNotFoundError
def look(repo):
    try:
        return load_dataset(repo, split="train").num_rows
    except DatasetNotFoundError:
        return "not found"
print(json.dumps([look("ada/none"), look("ada/hidden-rows")]))
`,
        { env: { HF_TOKEN: token, HF_HOME: `${at.folder}/${home}` } },
      )
    expect(await seen(tokens.ada, 'owner')).toEqual(['not found', 1])
    expect(await seen(tokens.bob, 'stranger')).toEqual(['not found', 'not found'])
    expect(await seen('', 'nobody')).toEqual(['not found', 'not found'])
  }, 120_000)
})

describe('sentence-transformers', () => {
  test('behavior: a model is pushed, loaded and embeds as before', async () => {
    for (const path of at.paths) {
      const found = await at.run(
        interpreter,
        `${tiny}
from transformers import BertConfig, BertModel
from sentence_transformers import SentenceTransformer
BertModel(BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_position_embeddings=64)).save_pretrained("bert-${path}")
tokenizer.save_pretrained("bert-${path}")
made = SentenceTransformer("bert-${path}", device="cpu")
made.push_to_hub("ada/sentences-${path}", exist_ok=True)
loaded = SentenceTransformer("ada/sentences-${path}", device="cpu")
made.save_to_hub("ada/saved-${path}", exist_ok=True)
saved = SentenceTransformer("ada/saved-${path}", device="cpu")
same = lambda other: bool((made.encode(["de hug is a hub"]) == other.encode(["de hug is a hub"])).all())
print(json.dumps([same(loaded), same(saved), loaded.get_embedding_dimension() if hasattr(loaded, "get_embedding_dimension") else loaded.get_sentence_embedding_dimension()]))
`,
        { path },
      )
      expect(found).toEqual([true, true, 32])
    }
  }, 240_000)
})
