import { BadInput, type Hex } from '../../core/index.ts'

/** A 32-byte id from a URL path. Throws `BadInput`. */
export function bytes32Of(text: string, what: string): Hex {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text))
    throw new BadInput(`"${text.slice(0, 80)}" is not a ${what}.`, { code: 'bad_id' })
  return text.toLowerCase() as Hex
}
