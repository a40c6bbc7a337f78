import { Calls } from '../../../chain/index.ts'
import { type Hex, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { NoChain } from '../../errors.ts'
import { type Route, requireHolder } from '../../request.ts'

/** Relays the owner's signed price terms of a model; the contract checks who signed. */
export const setTerms: Route = (app, context) => {
  app.post('/api/dehug/terms', async (request): Promise<HubWire.TermsSet> => {
    const { user } = requireHolder(request)
    const { terms, signature } = Struct.parseWith(HubWire.SetTerms, request.body, 'price terms')
    const { chain, relayer } = context
    if (!chain || !relayer) throw new NoChain()
    const call = Calls.setTerms(chain.deployment, terms, signature as Hex)
    const { hash } = await relayer.send(call, { account: user.id })
    return { tx: hash }
  })
}
