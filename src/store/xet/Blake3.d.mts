export const scratchBytes: number
export const slackBytes: number
export const maxBytes: number
export function keyedHasher(
  memory: WebAssembly.Memory,
  scratch: number,
  key: Uint8Array,
): (offset: number, length: number) => Uint8Array
