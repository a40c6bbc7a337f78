import type { FastifyRequest } from 'fastify'
import { getAddress, isAddress } from 'viem'
import { createSiweMessage } from 'viem/siwe'
import { Attempts, Nonce } from '../../catalog/index.ts'
import { BadInput } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { originOf } from '../request.ts'
import { OauthError } from './OauthError.ts'

const flood: Attempts.Limit = { limit: 120, windowMs: 10 * 60_000 }

/** The text of ERC-4361 that a wallet signs to sign in here. Throws `BadInput` on what is no address. */
export const loginMessage = async (context: HubContext, request: FastifyRequest, address: string): Promise<string> => {
  const { db } = context.catalog
  const now = context.clock()
  if (!isAddress(address, { strict: false })) {
    throw new BadInput('This is not the address of a wallet.', { code: 'bad_address', hint: 'It is 0x and 40 digits.' })
  }
  if (!(await Attempts.take(db, `login:${request.ip}`, flood, now))) {
    throw new OauthError('temporarily_unavailable', 'Too many sign-ins were begun from this address. Wait ten minutes.')
  }
  const origin = originOf(context, request)
  return createSiweMessage({
    address: getAddress(address),
    chainId: context.chain?.chainId ?? 1,
    domain: new URL(origin).host,
    nonce: await Nonce.create(db, now),
    uri: origin,
    version: '1',
    statement: 'Sign in to DeHug.',
    issuedAt: now,
  })
}
