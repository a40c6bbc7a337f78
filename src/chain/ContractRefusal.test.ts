import fc from 'fast-check'
import { type Abi, encodeErrorResult } from 'viem'
import { describe, expect, test } from 'vitest'
import { Bytes, type Hex } from '../core/index.ts'
import { ModelRegistry, UsageController } from './abi/index.ts'
import { ContractRefusal, fromRevertData, revertDataOf } from './ContractRefusal.ts'

const sentence = (text: string): Hex =>
  encodeErrorResult({
    abi: [{ type: 'error', name: 'Error', inputs: [{ name: 'message', type: 'string' }] }],
    args: [text],
  })

describe('error: what a contract says, for people', () => {
  test('error: custom errors keep their values', () => {
    const root = `0x${'ab'.repeat(32)}` as const
    const data = encodeErrorResult({ abi: ModelRegistry.abi, errorName: 'ParentIsNotHead', args: [root, root] })
    const refusal = fromRevertData('ModelRegistry.publish', data)
    expect(refusal).toMatchObject({
      code: 'parent_is_not_head',
      status: 409,
      message: `ModelRegistry.publish was refused: ParentIsNotHead (parent ${root}, head ${root}).`,
      hint: 'Somebody published first: pull the new head, merge and publish again.',
    })
  })

  test('error: sentences of USDC, unknown errors and silence', () => {
    expect(fromRevertData('x', sentence('Blacklistable: account is blacklisted'))).toMatchObject({
      code: 'blacklisted',
      status: 403,
    })
    expect(fromRevertData('x', sentence('something new')).message).toBe('x was refused: something new.')
    expect(fromRevertData('x', '0x12345678').message).toBe('x was refused: unknown error 0x12345678.')
    expect(fromRevertData('x', '0x').message).toBe('x was refused: reverted without a reason.')
  })

  test('behavior: any revert data gives a refusal and never another error', () => {
    const selectors = (UsageController.abi as Abi).filter(({ type }) => type === 'error').length
    expect(selectors).toBeGreaterThan(20)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, known) => {
        const head = known ? sentence('').slice(0, 10) : '0x'
        expect(fromRevertData('x', `${head}${Bytes.toHex(bytes).slice(2)}` as Hex)).toBeInstanceOf(ContractRefusal)
      }),
    )
  })

  test('behavior: revert data is found however deep a client hides it', () => {
    expect(revertDataOf({ cause: { cause: { data: { data: '0xABCD' } } } })).toBe('0xabcd')
    expect(revertDataOf({ data: '0x' })).toBe('0x')
    expect(revertDataOf({ data: 'no' })).toBeUndefined()
    expect(revertDataOf(undefined)).toBeUndefined()
  })
})
