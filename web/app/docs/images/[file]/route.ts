import { readImage } from '../../pages.ts'

/** A picture that a page of the docs shows. */
export const GET = async (_request: Request, { params }: { params: Promise<{ file: string }> }): Promise<Response> => {
  const image = await readImage((await params).file)
  return image
    ? new Response(new Uint8Array(image), {
        headers: { 'content-type': 'image/png', 'cache-control': 'public, max-age=3600' },
      })
    : new Response('Not found', { status: 404 })
}
