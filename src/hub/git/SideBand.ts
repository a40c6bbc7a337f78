import { line } from './PktLine.ts'

const band = (number: number, bytes: Uint8Array): Uint8Array => line(Buffer.concat([Buffer.of(number), bytes]))

/** Data on band 1. */
export const data = (bytes: Uint8Array): Uint8Array => band(1, bytes)

/** Words for the person at the other end; git shows them after `remote:`. */
export const progress = (words: string): Uint8Array => band(2, Buffer.from(words))

/** The last words of a request that failed. */
export const failure = (words: string): Uint8Array => band(3, Buffer.from(words))

/** Nothing, so that the connection does not look dead while the hub works. */
export const alive: Uint8Array = data(new Uint8Array())
