import type { DecideDeviceOptions, LoginOptions, TokenOptions } from './account.ts'
import type { AnchorHeadOptions } from './anchor-head.ts'
import type { ReleaseOptions } from './balance.ts'
import * as Connection from './Connection.ts'
import type { ChatOptions } from './chat.ts'
import type { DelegateOptions } from './delegation.ts'
import type { DeviceLoginOptions } from './device-login.ts'
import type { ClaimOptions, EarningsOptions } from './earnings.ts'
import type { ExportOptions } from './export-bundle.ts'
import type { FundOptions } from './fund.ts'
import type { BundleImportOptions, BundleVerifyOptions } from './import-bundle.ts'
import type { ImportOptions } from './import-repo.ts'
import type { PullOptions } from './pull.ts'
import type { PushOptions } from './push.ts'
import type { QuoteOptions } from './quote.ts'
import type { ReceiptsOptions } from './receipts.ts'
import type { VerifyOptions } from './verify.ts'
import type { WithdrawOptions } from './withdraw.ts'

/** A hub and its gateway as one object; each verb loads its code when it is first used. */
export type Client = ReturnType<typeof from>

/**
 * Everything a program does with DeHug.
 *
 * @example
 * const client = Client.from({ endpoint: 'http://127.0.0.1:4800', token, signer: PortableSigner.from(privateKey) })
 * await client.push({ folder: './my-model', repo: RepoId.parse('alice/my-model') })
 */
export function from(options: Connection.ConnectionOptions) {
  const on = Connection.from({ deploymentOf: shipped, ...options })
  return {
    connection: on,
    login: async (options: LoginOptions = {}) => (await import('./account.ts')).login(on, options),
    whoami: async () => (await import('./account.ts')).whoami(on),
    deviceLogin: async (options: DeviceLoginOptions) => (await import('./device-login.ts')).deviceLogin(on, options),
    refreshLogin: async (refreshToken: string) => (await import('./device-login.ts')).refreshLogin(on, refreshToken),
    revokeLogin: async (token: string) => (await import('./device-login.ts')).revokeLogin(on, token),
    decideDevice: async (options: DecideDeviceOptions) => (await import('./account.ts')).decideDevice(on, options),
    createToken: async (options: TokenOptions) => (await import('./account.ts')).createToken(on, options),
    listTokens: async () => (await import('./account.ts')).listTokens(on),
    revokeToken: async (id: string) => (await import('./account.ts')).revokeToken(on, id),
    rotateToken: async (id: string) => (await import('./account.ts')).rotateToken(on, id),
    delegate: async (options: DelegateOptions = {}) => (await import('./delegation.ts')).delegate(on, options),
    undelegate: async (options: Omit<DelegateOptions, 'days'> = {}) =>
      (await import('./delegation.ts')).undelegate(on, options),
    anchorHead: async (options: AnchorHeadOptions) => (await import('./anchor-head.ts')).anchorHead(on, options),
    push: async (options: PushOptions) => (await import('./push.ts')).push(on, options),
    pull: async (options: PullOptions) => (await import('./pull.ts')).pull(on, options),
    importRepo: async (options: ImportOptions) => (await import('./import-repo.ts')).importRepo(on, options),
    exportBundle: async (options: ExportOptions) => (await import('./export-bundle.ts')).exportBundle(on, options),
    importBundle: async (options: BundleImportOptions) =>
      (await import('./import-bundle.ts')).importBundle(on, options),
    verifyBundle: async (options: BundleVerifyOptions) =>
      (await import('./import-bundle.ts')).verifyBundle(on, options),
    verify: async (options: VerifyOptions) => (await import('./verify.ts')).verify(on, options),
    auditSignals: async (epoch: number) => (await import('./audit-signals.ts')).auditSignals(on, epoch),
    quote: async (options: QuoteOptions) => (await import('./quote.ts')).quote(on, options),
    chat: async (options: ChatOptions) => (await import('./chat.ts')).chat(on, options),
    receipts: async (options: ReceiptsOptions = {}) => (await import('./receipts.ts')).receipts(on, options),
    fund: async (options: FundOptions) => (await import('./fund.ts')).fund(on, options),
    balance: async () => (await import('./balance.ts')).balance(on),
    release: async (options: ReleaseOptions = {}) => (await import('./balance.ts')).release(on, options),
    withdraw: async (options: WithdrawOptions) => (await import('./withdraw.ts')).withdraw(on, options),
    earnings: async (options: EarningsOptions = {}) => (await import('./earnings.ts')).earnings(on, options),
    claim: async (options: ClaimOptions = {}) => (await import('./earnings.ts')).claim(on, options),
  }
}

const shipped = async (chainId: number) => (await import('../chain/index.ts')).Deployment.load(chainId)
