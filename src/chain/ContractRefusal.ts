import { type Abi, decodeErrorResult } from 'viem'
import { Bytes, DehugError, type Hex } from '../core/index.ts'
import {
  Badges,
  EngagementOracle,
  ModelNFT,
  ModelRegistry,
  ProviderRegistry,
  RevenueLedger,
  UsageController,
} from './abi/index.ts'

const refused = 'contract_refused'

type Kind = 'bad' | 'missing' | 'forbidden' | 'payment' | 'conflict' | 'later'

const facts = {
  bad: { status: 400, exitCode: 2 },
  missing: { status: 404, exitCode: 1 },
  forbidden: { status: 403, exitCode: 5 },
  payment: { status: 402, exitCode: 4 },
  conflict: { status: 409, exitCode: 1 },
  later: { status: 503, exitCode: 1, retryable: true },
} as const

/** What a contract's error means for whoever sent the message, and the way out. Errors not listed are bad input. */
const meanings: Record<string, { kind: Kind; hint?: string }> = {
  Expired: { kind: 'bad', hint: 'Sign the message again with a later deadline.' },
  BadSignature: { kind: 'forbidden', hint: 'Sign with the expected account, on this chain and for this contract.' },
  InvalidSignature: { kind: 'forbidden', hint: 'Sign with the expected account, on this chain and for this contract.' },
  NonceUsed: { kind: 'conflict', hint: 'This message was applied already; sign a new one with another nonce.' },
  NonceTooLow: { kind: 'conflict', hint: 'A later message was applied already; read the state again and sign anew.' },
  AlreadyApplied: { kind: 'conflict', hint: 'Nothing is left to do.' },
  RepoTaken: { kind: 'conflict', hint: 'Choose another name; names are never reissued.' },
  NamespaceTaken: { kind: 'forbidden', hint: 'Publish under a namespace you own.' },
  UnknownModel: { kind: 'missing', hint: 'Publish the model first.' },
  UnknownVersion: { kind: 'missing' },
  VersionExists: { kind: 'conflict', hint: 'This exact version is anchored already.' },
  ParentIsNotHead: { kind: 'conflict', hint: 'Somebody published first: pull the new head, merge and publish again.' },
  OwnerEpochMismatch: { kind: 'forbidden', hint: 'The model changed hands; its present owner must sign.' },
  AlreadyDeprecated: { kind: 'conflict' },
  SessionExists: { kind: 'conflict', hint: 'Use another salt for a new session.' },
  UnknownSession: { kind: 'missing', hint: 'Open the session first.' },
  SessionEnded: { kind: 'forbidden', hint: 'Open a new session: this one is revoked or expired.' },
  OnlyPayer: { kind: 'forbidden' },
  ModelNotAllowed: { kind: 'forbidden', hint: 'Open a session that allows this model.' },
  OverCap: { kind: 'payment', hint: 'Open a session with a higher cap.' },
  InsufficientFree: { kind: 'payment', hint: 'Deposit more USDC.' },
  InsufficientCredit: { kind: 'payment', hint: 'Withdraw at most what was earned.' },
  InsufficientStake: { kind: 'payment' },
  WrongState: { kind: 'conflict', hint: 'Read the channel again; a closed channel stays closed.' },
  CloseNotAllowed: { kind: 'forbidden' },
  WindowOpen: { kind: 'later', hint: 'Wait until the close window is over.' },
  NotReleasable: { kind: 'later', hint: 'Wait until the unbonding time is over.' },
  NothingToSlash: { kind: 'conflict' },
  EnforcedPause: { kind: 'later', hint: 'Deposits and locks are paused; withdrawing and claiming always work.' },
  ERC721NonexistentToken: { kind: 'missing' },
  AwardedAlready: { kind: 'conflict', hint: 'A badge is awarded once, also where its holder burned it.' },
  EpochNotOver: { kind: 'later', hint: 'Post a day once it is over (UTC).' },
  SeasonNotOver: { kind: 'later', hint: 'Name the winners once the season is over.' },
  AlreadyPosted: { kind: 'conflict' },
  AlreadyPublished: { kind: 'conflict' },
  NotPosted: { kind: 'missing' },
  NotPublished: { kind: 'missing' },
  ContestOpen: { kind: 'later', hint: 'Wait until the time for contesting is over.' },
  ContestOver: { kind: 'conflict' },
  NoContradiction: { kind: 'conflict', hint: 'The chain alone does not contradict it; recompute it from the inputs.' },
  SoulBound: { kind: 'forbidden', hint: 'Badges stay with whoever earned them.' },
  OnlyHolder: { kind: 'forbidden' },
}

/** FiatToken still speaks in sentences. */
const sentences: [RegExp, Kind, string, string][] = [
  [/exceeds balance/, 'payment', 'insufficient_usdc', 'The account holds too little USDC.'],
  [/exceeds allowance/, 'payment', 'insufficient_allowance', 'Approve the amount first.'],
  [/authorization is (used|expired)/, 'conflict', 'authorization_used', 'Sign a new authorization.'],
  [/authorization is not yet valid/, 'later', 'authorization_early', 'Wait until the authorization is valid.'],
  [
    /invalid signature|ECRecover/,
    'forbidden',
    'bad_signature',
    'Sign with the account that holds the USDC, for this chain.',
  ],
  [/blacklisted/, 'forbidden', 'blacklisted', 'Circle blocks this account; use another one.'],
  [/paused/, 'later', 'usdc_paused', 'USDC is paused; try again later.'],
]

const abi = [
  ...[ModelRegistry, ModelNFT, RevenueLedger, ProviderRegistry, UsageController],
  ...[EngagementOracle, Badges],
].flatMap((contract) => (contract.abi as Abi).filter(({ type }) => type === 'error'))

/** A contract said no. `details.error` and `details.args` are its own words. */
export class ContractRefusal extends DehugError {
  constructor(of: {
    call: string
    error: string
    args: Record<string, unknown>
    kind: Kind
    code: string
    hint?: string | undefined
  }) {
    const given = Object.entries(of.args).map(([name, value]) => `${name} ${String(value)}`)
    super(`${of.call} was refused: ${of.error}${given.length > 0 ? ` (${given.join(', ')})` : ''}.`, {
      ...facts[of.kind],
      code: of.code,
      hint: of.hint,
      details: { call: of.call, error: of.error, args: of.args },
    })
  }
}

/** The refusal behind revert data. */
export function fromRevertData(call: string, data: Hex): ContractRefusal {
  const decoded = decode(data)
  if (!decoded)
    return new ContractRefusal({ call, error: 'reverted without a reason', args: {}, kind: 'bad', code: refused })
  if (decoded.name === 'Error') return fromSentence(call, String(Object.values(decoded.args)[0]))
  const meaning = meanings[decoded.name] ?? { kind: 'bad' }
  return new ContractRefusal({ call, error: decoded.name, args: decoded.args, code: snake(decoded.name), ...meaning })
}

function fromSentence(call: string, sentence: string): ContractRefusal {
  const known = sentences.find(([pattern]) => pattern.test(sentence))
  const [, kind, code, hint] = known ?? [undefined, 'bad' as const, refused, undefined]
  return new ContractRefusal({ call, error: sentence, args: {}, kind, code, hint })
}

function decode(data: Hex): { name: string; args: Record<string, unknown> } | undefined {
  if (data === '0x') return undefined
  try {
    const { errorName, args, abiItem } = decodeErrorResult({ abi: abi as Abi, data })
    const inputs = 'inputs' in abiItem ? abiItem.inputs : []
    const values = (args ?? []) as unknown[]
    return {
      name: errorName,
      args: Object.fromEntries(values.map((value, i) => [inputs[i]?.name || String(i), value])),
    }
  } catch {
    return { name: `unknown error ${data.slice(0, 10)}`, args: {} }
  }
}

const snake = (name: string) => name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, '_$&').toLowerCase()

/** The revert data inside an error of a JSON-RPC client, if there is any. */
export function revertDataOf(error: unknown): Hex | undefined {
  for (let at = error as { cause?: unknown; data?: unknown } | undefined; at; at = at.cause as typeof at) {
    const data = typeof at.data === 'object' && at.data !== null ? (at.data as { data?: unknown }).data : at.data
    if (typeof data === 'string' && /^0x([0-9a-f]{2})*$/i.test(data)) return Bytes.toHex(Bytes.fromHex(data))
  }
  return undefined
}
