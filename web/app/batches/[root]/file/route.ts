import { batchFile } from '@/run/batch-file.ts'

/** A batch of receipts as its provider published it; who reads it checks it against the root. */
export const GET = async (_request: Request, { params }: { params: Promise<{ root: string }> }): Promise<Response> => {
  const { root } = await params
  const found = /^0x[0-9a-f]{64}$/.test(root) ? await batchFile(root) : undefined
  if (!found) {
    const body = { title: 'NotFound', status: 404, code: 'batch_missing', detail: 'Nobody has this batch right now.' }
    return Response.json(body, { status: 404, headers: { 'content-type': 'application/problem+json' } })
  }
  return new Response(found.text, {
    headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=31536000, immutable' },
  })
}
