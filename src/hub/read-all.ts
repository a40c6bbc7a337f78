/** The bytes of a small stream. The caller knows its size. */
export const readAll = async (source: AsyncIterable<unknown>): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}
