import type { FastifyRequest } from 'fastify'
import { type Account, Pull, Version } from '../../../catalog/index.ts'
import { BadInput, type Hex, PullReceipt, RepoId, Struct } from '../../../core/index.ts'
import { SignalsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { NoChain } from '../../errors.ts'
import { assertMayDownload } from '../../Gate.ts'
import { findReadable, type Route, requireHolder } from '../../request.ts'
import * as PullSigner from '../../signals/PullSigner.ts'
import { VersionNotFound } from '../dehug/get-manifest.ts'

/** Counts a pull that a person has verified: once per person, version and day. */
export const countPull: Route = (app, context) => {
  app.post('/api/dehug/pulls', { bodyLimit: 32_768 }, async (request): Promise<SignalsWire.PullCounted> => {
    const { user } = requireHolder(request)
    const wish = Struct.parseWith(SignalsWire.CountPull, request.body, 'pull')
    const { type, ...id } = RepoId.parse(wish.repo)
    const repo = await findReadable(context, request, type, RepoId.format({ type, ...id }))
    await assertMayDownload(context, request, repo)
    const version = await Version.byRoot(context.catalog.db, repo.id, wish.root)
    if (!version?.anchoredAt) throw new VersionNotFound(wish.repo, wish.root)
    if (repo.visibility !== 'public') return { counted: false, reason: 'private' }
    if (isMachine(request)) return { counted: false, reason: 'excluded' }
    const now = context.clock()
    const day = dayOf(wish.day, now)
    const separator = PullSigner.separator(context)
    if (!separator) throw new NoChain()
    const tag = await PullSigner.tagOf(context, user.id, wish.root, day)
    const about = { repo: repo.key, versionRoot: wish.root, day }
    const signed =
      wish.signature === undefined
        ? await byHub(context, { ...about, puller: PullReceipt.noPuller, tag }, separator)
        : await byWallet(context, about, user, { separator, signature: wish.signature as Hex })
    if (!(await Pull.record(context.catalog.db, repo.id, tag, signed, now)))
      return { counted: false, reason: 'repeated' }
    const { receipt, signer, signature } = signed
    const by = PullReceipt.by(receipt)
    return { counted: true, receipt: PullReceipt.serialize(receipt), by, signer, signature }
  })
}

const byHub = async (context: HubContext, receipt: PullReceipt.PullReceipt, separator: Hex): Promise<Pull.Signed> => {
  const signer = await PullSigner.of(context)
  return { receipt, signer: signer.address, signature: await signer.sign(PullReceipt.digest(separator, receipt)) }
}

const byWallet = async (
  context: HubContext,
  about: Pick<PullReceipt.PullReceipt, 'repo' | 'versionRoot' | 'day'>,
  { address }: Account.Account,
  { separator, signature }: { separator: Hex; signature: Hex },
): Promise<Pull.Signed> => {
  if (!address) throw new BadPullSignature('This account has no wallet.')
  const puller = address as Hex
  const receipt = { ...about, puller, tag: PullReceipt.noTag }
  if (!(await PullSigner.isByWallet(context, receipt, separator, signature)))
    throw new BadPullSignature(`The receipt is not signed by ${address}.`)
  return { receipt, signer: puller, signature }
}

/** Programs that say they are no person: crawlers, mirrors and continuous integration. */
const isMachine = (request: FastifyRequest): boolean =>
  /\b(ci|bot|crawler|spider|mirror|github-actions|gitlab|jenkins|buildkite|circleci|travis)\b|bot\//i.test(
    request.headers['user-agent'] ?? '',
  )

/** Today; yesterday only in its first hour, for receipts that were on their way. */
const dayOf = (said: number | undefined, now: Date): number => {
  const today = PullReceipt.dayOf(now.getTime())
  const isLate = said === PullReceipt.dayOf(now.getTime() - 3_600_000)
  if (said === undefined || said === today || isLate) return said ?? today
  throw new BadInput(`The receipt is of day ${said}; today is ${today}.`, {
    code: 'bad_pull_day',
    hint: 'Days are counted in UTC since 1970-01-01; set the clock right.',
  })
}

/** The signature is not that of the account's wallet. */
export class BadPullSignature extends BadInput {
  constructor(detail: string) {
    super(detail, {
      code: 'bad_pull_signature',
      hint: 'Sign the PullReceipt with the wallet of your account, or leave the signature out: then the hub signs.',
    })
  }
}
