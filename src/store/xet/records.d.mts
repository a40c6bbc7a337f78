/** Where a chunk's record ends, how it is packed, and the chunk's size. */
export type Header = { length: number; scheme: number; size: number }

export const headerBytes: number
export const maxChunkBytes: number
export const maxRecordBytes: number
export function headerAt(bytes: Uint8Array, at: number): Header | undefined
export function unpack(bytes: Uint8Array, at: number, header: Header, into: Uint8Array, to: number): void
