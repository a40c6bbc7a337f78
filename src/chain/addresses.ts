import type { AbiParameter } from 'viem'

/** viem answers addresses with checksum capitals; inside, all hexadecimal is lower case. Strings that only look like addresses stay. */
export function lowerAddresses(parameter: AbiParameter, value: unknown): unknown {
  if (parameter.type === 'address') return (value as string).toLowerCase()
  if (parameter.type.endsWith(']')) {
    const item = { ...parameter, type: parameter.type.replace(/\[\d*\]$/, '') } as AbiParameter
    return (value as unknown[]).map((each) => lowerAddresses(item, each))
  }
  if (!('components' in parameter)) return value
  return lowerAddressesByName(parameter.components, value as Record<string, unknown>)
}

export const lowerAddressesByName = (parameters: readonly AbiParameter[], values: Record<string, unknown>) =>
  Object.fromEntries(parameters.map((each) => [each.name, lowerAddresses(each, values[each.name ?? ''])]))
