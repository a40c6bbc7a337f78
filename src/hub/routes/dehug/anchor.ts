import type { FastifyRequest } from 'fastify'
import { type Hex, RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import * as Anchoring from '../../Anchoring.ts'
import { bringOnChain } from '../../bring-on-chain.ts'
import { NoChain } from '../../errors.ts'
import { assertWritable, findReadable, type Route, requireHolder } from '../../request.ts'

/** Manifests are large, so who sends one is known before it is read. */
const largeBody = {
  bodyLimit: 80 * 2 ** 20,
  onRequest: async (request: FastifyRequest) => {
    requireHolder(request)
  },
}

/** Checks a manifest against the repository, keeps its bytes for ever, and has the relayer put its root on chain. */
export const anchor: Route = (app, context) => {
  app.post('/api/dehug/anchor', largeBody, async (request): Promise<HubWire.Anchored> => {
    const body = Struct.parseWith(HubWire.Anchor, request.body, 'request to anchor')
    const { type, ...id } = RepoId.parse(body.repo)
    const repo = await findReadable(context, request, type, RepoId.format({ type, ...id }))
    const { user } = await assertWritable(context, request, repo)
    const { chain, relayer } = context
    if (!chain || !relayer) throw new NoChain()
    const message = (body.mint ? { mint: body.mint } : { publish: body.publish }) as Anchoring.Message
    const { manifest, cid } = await Anchoring.check(context, repo, body.manifest, message)
    const modelId = (await chain.resolve(manifest.repo)) ?? RepoId.modelId(RepoId.parse(manifest.repo))
    const signature = body.signature as Hex
    const job = { chain, relayer, repo, manifest, cid, modelId, message, signature, account: user.id }
    const tx = await bringOnChain(context, job, body.manifest)
    return { manifestCid: cid, root: manifest.root, tx, tokenId: modelId.toString() }
  })
}
