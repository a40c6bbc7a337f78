import type { Catalog } from '../catalog/index.ts'
import { GitObject } from '../catalog/index.ts'

const files = ['.gitattributes', 'README.md', 'config.json', 'generation_config.json', 'model.safetensors']
const tokenizer = ['special_tokens_map.json', 'tokenizer.json', 'tokenizer_config.json']
const author = { name: 'bench', email: 'bench@example.org' }

/** One tree and one commit that all these repositories share, as git encodes them. */
const objects = () => {
  const entry = (name: string) => ({ name, mode: '100644' as const, oid: GitObject.oid('blob', Buffer.from(name)) })
  const treeBytes = GitObject.encodeTree([...files, ...tokenizer].map(entry))
  const tree = GitObject.oid('tree', treeBytes)
  const commitBytes = GitObject.encodeCommit({ tree, parents: [], author, at: 1_780_000_000, message: 'first files' })
  return { tree, treeBytes, commit: GitObject.oid('commit', commitBytes), commitBytes }
}

const accounts = `
insert into catalog.accounts (kind, key, name, created_at)
select 'user', 'bench-' || i, 'bench-' || i, now() from generate_series(1, $1::int / 50 + 1) i
on conflict do nothing`

/** Sizes, likes and downloads are spread as on a real hub: a few have most. One in ten is private. */
const repos = `
insert into catalog.repos (key, type, namespace, name, owner_id, creator_id, visibility, head, card, config, facts, facts_of,
  file_count, parameters, tags, pipeline_tag, library_name, downloads, likes, trending, used_storage, created_at, updated_at)
select 'model:' || a.key || '/' || n.name, 'model', a.name, n.name, a.id, a.id,
  case when random() < 0.1 then 'private' else 'public' end, $2,
  jsonb_build_object('license', t.license, 'language', jsonb_build_array(t.language), 'pipeline_tag', t.task, 'tags', t.extra),
  jsonb_build_object('architectures', jsonb_build_array(initcap(t.family) || 'ForCausalLM'), 'model_type', t.family,
    'tokenizer_config', jsonb_build_object('eos_token', '</s>', 'chat_template', repeat('{{ message }}', 80))),
  jsonb_build_object('safetensors', jsonb_build_object('parameters', jsonb_build_object('BF16', t.weights), 'total', t.weights)),
  $2, 8, t.weights,
  array['transformers', 'safetensors', t.family, t.task, t.language, 'license:' || t.license, 'dataset:bench/data-' || i % 997,
    'base_model:bench-1/' || t.family, 'region:us'] || t.extra
    || case when i % 9 = 0 then array['gguf'] else '{}' end,
  t.task, 'transformers', (power(random(), 8) * 2000000)::int, (power(random(), 10) * 5000)::int,
  power(random(), 8) * 1000, t.weights * 2, t.at, t.at + random() * (now() - t.at)
from generate_series(1, $1::int) i
cross join lateral (select
  (array['llama','qwen','mistral','gemma','phi','bert','t5','falcon','opt','bloom'])[1 + floor(power(random() + i * 0, 2) * 10)] as family,
  (array['text-generation','text-classification','fill-mask','feature-extraction','image-classification',
    'automatic-speech-recognition','token-classification','translation'])[1 + floor(power(random() + i * 0, 2) * 8)] as task,
  (array['en','zh','fr','de','es','ja','ko','ar','hi','sw'])[1 + floor(power(random() + i * 0, 3) * 10)] as language,
  (array['apache-2.0','mit','llama3','other','cc-by-4.0'])[1 + floor(power(random() + i * 0, 2) * 5)] as license,
  array['tag-' || floor(random() * 3000 + i * 0)::int, 'tag-' || floor(random() * 50)::int] as extra,
  (power(random() + i * 0, 3) * 70000000000)::bigint as weights,
  now() - random() * interval '700 days' + i * interval '0' as at) t
cross join lateral (select t.family || '-' || (1 + floor(random() * 70))::int || 'b-'
  || (array['instruct','chat','base','lora','distill','merge','reward','coder'])[1 + floor(random() * 8)] || '-' || i as name) n
join catalog.accounts a on a.key = 'bench-' || (1 + floor(power(i::float / $1, 2) * ($1::int / 50)))::int
on conflict do nothing`

const objectRows = `
insert into catalog.git_objects (repo_id, oid, kind, bytes)
select id, o.oid, o.kind, o.bytes from catalog.repos,
  (values ($1::text, 'commit', $2::bytea), ($3::text, 'tree', $4::bytea)) as o(oid, kind, bytes)
where head = $1 on conflict do nothing`

const refRows = `
insert into catalog.refs (repo_id, name, oid) select id, 'refs/heads/main', head from catalog.repos where head = $1
on conflict do nothing`

/** Fills the catalog with models as a busy hub has them, each with a commit of eight files that no store holds. */
export const seedRepos = async ({ pool }: Pick<Catalog, 'pool'>, count: number): Promise<void> => {
  const { tree, treeBytes, commit, commitBytes } = objects()
  await pool.query(accounts, [count])
  await pool.query(repos, [count, commit])
  await pool.query(objectRows, [commit, commitBytes, tree, treeBytes])
  await pool.query(refRows, [commit])
  await pool.query('vacuum analyze catalog.repos, catalog.git_objects, catalog.refs')
}
