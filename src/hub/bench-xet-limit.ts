import { cp, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tokens } from './start-test-hub.ts'

/**
 * What hf_xet reaches by itself on this machine: directives that make nginx a Xet store which takes xorbs and forgets
 * them, and which serves the hub's own xorbs as plain files; the hub says only what a file is made of.
 */
export const nullStore = (hubUrl: string, root: string): string => `
  location /v1/chunks { return 404; }
  location = /kept { return 200 '{"was_inserted":true,"result":1}'; }
  location /v2/shards { return 404; }
  location ~ ^/v1/(xorbs|shards) {
    client_body_buffer_size 72m; proxy_method GET; proxy_pass_request_body off; proxy_set_header Content-Length "";
    proxy_pass http://127.0.0.1:$server_port/kept;
  }
  location ~ ^/xet/v[12]/reconstructions/ { proxy_pass ${hubUrl}; proxy_set_header Host $http_host; }
  location ~ ^/xet/v1/xorbs/default/([0-9a-f]+)$ { alias ${root}/xorbs/$1; }`

/** Puts the xorbs of the hub where {@link nullStore} serves them from. */
export const copyXorbs = async (hubDir: string, root: string): Promise<void> => {
  const from = join(hubDir, 'store/xorbs')
  await mkdir(join(root, 'xorbs'), { recursive: true })
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await cp(join(entry.parentPath, entry.name), join(root, 'xorbs', entry.name), { force: true })
  }
}

/** Python that sends `file` to the store at `url` alone, without a commit. */
export const uploadScript = (url: string, file: string): string =>
  `hf_xet.upload_files(['${file}'], '${url}', ('none', 4_000_000_000), None, None, 'model')`

/** Python that fetches a file of a repository through the store at `url` to `to`. */
export const downloadScript = async (
  { url, hubUrl }: { url: string; hubUrl: string },
  { repo, path, to, size }: { repo: string; path: string; to: string; size: number },
): Promise<string> => {
  const headers = { authorization: `Bearer ${tokens.ada}` }
  const head = await fetch(`${hubUrl}/${repo}/resolve/main/${path}`, { method: 'HEAD', headers })
  const answer = await fetch(`${hubUrl}/api/models/${repo}/xet-read-token/main`, { headers })
  const { accessToken } = (await answer.json()) as { accessToken: string }
  const info = `hf_xet.PyXetDownloadInfo('${to}', '${head.headers.get('x-xet-hash')}', ${size})`
  return `hf_xet.download_files([${info}], '${url}/xet', ('${accessToken}', 4_000_000_000), None, None)`
}
