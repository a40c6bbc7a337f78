import type { FastifyInstance } from 'fastify'
import { BadInput, Domain, NotPermitted, RequestClose, Struct } from '../../core/index.ts'
import { Ledger, NativeSigner } from '../../settle/index.ts'
import { ProviderWire } from '../../wire/index.ts'
import type { WorkerContext } from '../app.ts'
import { bytes32Of } from './path.ts'

/** `POST /channels/{channelId}/release`: claims what is due and gives the rest of the lock back at once. */
export function postRelease(app: FastifyInstance, { ledger, batches, domain, now }: WorkerContext): void {
  const separator = Domain.separator(domain)
  app.post<{ Params: { channelId: string } }>('/channels/:channelId/release', async (request, reply) => {
    const channelId = bytes32Of(request.params.channelId, 'channel id')
    const body = Struct.parseWith(ProviderWire.ReleaseBody, request.body, 'release body')
    if (body.request.channelId !== channelId) {
      throw new BadInput('The signed request is about another channel.', { code: 'other_channel' })
    }
    if (body.request.deadline * 1000n < BigInt(now())) {
      throw new BadInput('The signed request is over its deadline.', { code: 'deadline_over', hint: 'Sign a new one.' })
    }
    const terms = await ledger.terms(channelId)
    if (!terms) throw new Ledger.UnknownChannel(channelId)
    const signer = NativeSigner.recover(RequestClose.digest(separator, body.request), body.signature)
    if (signer !== terms.key && signer !== terms.payer) {
      throw new NotPermitted(`${signer} is neither the session key nor the payer of this channel.`, {
        code: 'not_your_channel',
      })
    }
    const released = await batches.release(channelId)
    return reply.type('application/json').send(ProviderWire.toJson({ channelId, ...released }))
  })
}
