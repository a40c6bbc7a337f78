import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repoRoot } from '@/run/repo-root.ts'

const types: Record<string, string> = {
  'ort-wasm-simd-threaded.asyncify.mjs': 'text/javascript',
  'ort-wasm-simd-threaded.asyncify.wasm': 'application/wasm',
}

/** The WebAssembly of the engine in the browser, from our own origin instead of a CDN. */
export const GET = async (_request: Request, { params }: { params: Promise<{ file: string }> }): Promise<Response> => {
  const { file } = await params
  const type = types[file]
  if (!type) return new Response('Not found', { status: 404 })
  const bytes = await readFile(join(repoRoot(), 'node_modules/onnxruntime-web/dist', file))
  return new Response(bytes, { headers: { 'content-type': type, 'cache-control': 'public, max-age=31536000' } })
}
