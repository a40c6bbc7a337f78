import { RepoId } from '../../core/index.ts'
import type { Delegated, DelegationWish } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'

export type DelegateOptions = ConnectOptions & {
  /** Take back instead of giving. */
  undelegate?: boolean | undefined
  /** Only these repositories; all of the wallet otherwise. */
  repo?: string[] | undefined
  days?: number | undefined
}

/** Signs what the hub may do in the owner's name, or takes it back, and says in words what that is before it does. */
export async function delegating(options: DelegateOptions, io: Io): Promise<Delegated[]> {
  const client = await connect(options, io)
  const repos = options.repo?.map((name) => RepoId.parse(name))
  const { endpoint } = client.connection
  const delegated = await (options.undelegate
    ? client.undelegate({ repos, onSign: (wishes) => sayTakenBack(io, endpoint, wishes) })
    : client.delegate({ repos, days: options.days, onSign: (wishes) => sayGiven(io, endpoint, wishes) }))
  for (const { repo, tx } of delegated) print(io, `signed ${repo} (${Format.short(tx)})`)
  if (delegated.length === 0) {
    const hint = 'The first version needs your own signature (dehug push, dehug anchor).'
    note(io, options.undelegate ? 'Nothing was delegated.' : `No repository on chain belongs to this key. ${hint}`)
  }
  return delegated
}

function sayGiven(io: Io, endpoint: string, wishes: readonly DelegationWish[]): void {
  const [first] = wishes
  if (!first) return
  const until = new Date(Number(first.expiry) * 1000).toISOString().slice(0, 10)
  print(io, `You sign, once for each repository, that ${endpoint} may publish in your name:`)
  for (const { repo } of wishes) print(io, `  ${repo}`)
  const facts = [
    ['who', `${first.delegate}, a key of this hub`],
    ['may', 'anchor what arrives by git, huggingface_hub or a merged pull request; move tags of versions'],
    ['may not', 'sell, rename or reprice anything, move money, or let others in'],
    ['marked', 'each such version says "delegated" in its manifest'],
    ['until', `${until}, or a sale`],
    ['back', 'dehug login --undelegate ends it at once'],
  ]
  print(io, Format.table(facts.map(([name = '', text = '']) => [`  ${name}`, text])))
}

function sayTakenBack(io: Io, endpoint: string, wishes: readonly DelegationWish[]): void {
  print(io, `You sign that ${endpoint} may not publish in your name any more:`)
  for (const { repo } of wishes) print(io, `  ${repo}`)
  print(io, '  Versions that it anchored stay, marked as delegated.')
}
