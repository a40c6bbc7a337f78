import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createRepo, downloadFile, fileDownloadInfo, uploadFile } from '@huggingface/hub'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storyClients } from '../../test/python.ts'
import { type TestHub, tokens } from './start-test-hub.ts'
import { type HubStory, startHubStory } from './test-huggingface.ts'

const prelude = `
import hashlib, random
from urllib.request import Request, urlopen
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
import hf_xet
api = HfApi()
sha = lambda path: hashlib.sha256(open(path, 'rb').read()).hexdigest()
`

describe.each(storyClients)('huggingface_hub $version', (client) => {
  let hub: TestHub
  let dir: string
  let run: HubStory['run']
  beforeAll(async () => {
    ;({ hub, dir, run } = await startHubStory(client, prelude))
  }, 600_000)
  afterAll(() => hub?.stop())

  const bytesIn = async (folder: string): Promise<number> => {
    const names = await readdir(folder, { recursive: true, withFileTypes: true })
    const sizes = await Promise.all(
      names.filter((name) => name.isFile()).map((name) => stat(join(name.parentPath, name.name))),
    )
    return sizes.reduce((sum, { size }) => sum + size, 0)
  }

  test('behavior: hf_xet pushes and pulls a file that is kept as chunks, and other clients see a file', async () => {
    const found = await run(`
random.seed(1)
data = random.randbytes(5_000_000) + b'text that packs well, line by line\\n' * 100_000
open(dir + '/w.bin', 'wb').write(data)
api.create_repo('xet')
api.upload_file(path_or_fileobj=dir + '/w.bin', path_in_repo='w.bin', repo_id='ada/xet')
info = api.get_paths_info('ada/xet', ['w.bin'])[0]
path = hf_hub_download('ada/xet', 'w.bin', cache_dir=dir + '/c1')
url = os.environ['HF_ENDPOINT'] + '/ada/xet/resolve/main/w.bin'
part = urlopen(Request(url, headers={'Range': 'bytes=4999000-5000999'})).read()
whole = urlopen(url).read()
print(json.dumps([sha(path) == info.lfs.sha256, info.size, len(info.xet_hash), part == data[4999000:5001000], whole == data]))
`)
    expect(found).toEqual([true, 8_500_000, 64, true, true])
    const kept = await bytesIn(join(hub.dir, 'store/xorbs'))
    expect(kept).toBeGreaterThan(5_000_000)
    expect(kept).toBeLessThan(5_500_000)
    const { rows } = await hub.context.catalog.pool.query('select cid from catalog.xet_files')
    expect(await readdir(join(hub.dir, 'store/files'), { recursive: true })).not.toContainEqual(
      expect.stringContaining(rows[0].cid),
    )
  })

  test('behavior: a revision sent from another machine takes the room of what changed', async () => {
    const upload = `
api.create_repo('revisions', exist_ok=True)
api.upload_file(path_or_fileobj=dir + '/r.bin', path_in_repo='r.bin', repo_id='ada/revisions')
path = hf_hub_download('ada/revisions', 'r.bin', cache_dir=dir + '/c2')
print(json.dumps(sha(path) == sha(dir + '/r.bin')))
`
    const make = `
random.seed(2)
data = bytearray(random.randbytes(12_000_000))
`
    expect(await run(`${make}open(dir + '/r.bin', 'wb').write(data)\n${upload}`)).toBe(true)
    const before = await bytesIn(join(hub.dir, 'store'))
    const change = `
data[6_000_000:6_000_000] = b'inserted'
data[9_000_000:9_050_000] = random.randbytes(50_000)
`
    const fresh = { HF_HOME: join(dir, 'hf-other') }
    expect(await run(`${make}${change}open(dir + '/r.bin', 'wb').write(data)\n${upload}`, fresh)).toBe(true)
    expect((await bytesIn(join(hub.dir, 'store'))) - before).toBeLessThan(700_000)
    // The very same file again, from a third machine, under another name.
    const again = await bytesIn(join(hub.dir, 'store'))
    const third = { HF_HOME: join(dir, 'hf-third') }
    expect(
      await run(
        `
api.upload_file(path_or_fileobj=dir + '/r.bin', path_in_repo='copy.bin', repo_id='ada/revisions')
print(json.dumps(len({f.xet_hash for f in api.get_paths_info('ada/revisions', ['r.bin', 'copy.bin'])})))
`,
        third,
      ),
    ).toBe(1)
    expect((await bytesIn(join(hub.dir, 'store'))) - again).toBeLessThan(20_000)
  })

  test('behavior: a folder of many files, in a private data set, both ways', async () => {
    const found = await run(`
os.makedirs(dir + '/many')
random.seed(3)
for i in range(40): open(f'{dir}/many/f{i}.bin', 'wb').write(random.randbytes(10_000 * (i + 1)))
api.create_repo('many', repo_type='dataset', private=True)
api.upload_folder(folder_path=dir + '/many', repo_id='ada/many', repo_type='dataset')
local = snapshot_download('ada/many', repo_type='dataset', cache_dir=dir + '/c3')
same = [sha(f'{local}/f{i}.bin') == sha(f'{dir}/many/f{i}.bin') for i in range(40)]
eve = HfApi(token='${tokens.eve}')
try: eve.hf_hub_download('ada/many', 'f1.bin', repo_type='dataset', cache_dir=dir + '/c4'); grabbed = True
except Exception as error: grabbed = type(error).__name__
print(json.dumps([all(same), grabbed]))
`)
    expect(found).toEqual([true, 'RepositoryNotFoundError'])
  })

  test('behavior: what is pushed without Xet is pulled by it as a whole file', async () => {
    await run(
      `
api.create_repo('plain')
api.upload_file(path_or_fileobj=os.urandom(3_000_000), path_in_repo='p.bin', repo_id='ada/plain')
print('null')
`,
      { HF_HUB_DISABLE_XET: '1' },
    )
    const found = await run(`
info = api.get_paths_info('ada/plain', ['p.bin'])[0]
path = hf_hub_download('ada/plain', 'p.bin', cache_dir=dir + '/c5')
print(json.dumps([sha(path) == info.lfs.sha256, info.xet_hash == 'sha256:' + info.lfs.sha256]))
`)
    expect(found).toEqual([true, true])
  })

  test('behavior: @huggingface/hub sends and fetches through Xet', async () => {
    const accessToken = tokens.ada
    const to = { hubUrl: hub.url, accessToken }
    await createRepo({ ...to, repo: 'ada/js' })
    const bytes = randomBytes(2_000_000)
    const upload = (path: string, content: Uint8Array) =>
      uploadFile({ ...to, repo: 'ada/js', useXet: true, file: { path, content: new Blob([content as never]) } })
    await upload('a.bin', bytes)
    const changed = Buffer.concat([bytes.subarray(0, 1_500_000), Buffer.from('inserted'), bytes.subarray(1_500_000)])
    const before = await bytesIn(join(hub.dir, 'store'))
    await upload('b.bin', changed)
    expect((await bytesIn(join(hub.dir, 'store'))) - before).toBeLessThan(400_000)
    for (const [path, content] of [
      ['a.bin', bytes],
      ['b.bin', changed],
    ] as const) {
      const info = await fileDownloadInfo({ ...to, repo: 'ada/js', path })
      expect(info?.xet?.hash).toMatch(/^[0-9a-f]{64}$/)
      const got = await downloadFile({ ...to, repo: 'ada/js', path })
      expect(Buffer.compare(Buffer.from(await got!.arrayBuffer()), content)).toBe(0)
      const part = await downloadFile({ ...to, repo: 'ada/js', path, downloadInfo: info! })
      expect(Buffer.from(await part!.slice(1000, 1100).arrayBuffer())).toEqual(content.subarray(1000, 1100))
    }
  })
})
