import * as Connection from './Connection.ts'

/** A hub and its gateways as one object; each verb loads its code when it is first used. */
export type Client = ReturnType<typeof from>

/**
 * Everything a program does with DeHug.
 *
 * @example
 * const client = Client.from({ endpoint: 'http://127.0.0.1:4800', token, signer: PortableSigner.from(privateKey) })
 * await client.push({ folder: './my-model', repo: RepoId.parse('alice/my-model') })
 */
export function from(options: Connection.ConnectionOptions) {
  const connection = Connection.from(options)
  return {
    connection,
    whoami: async () => (await import('./account.ts')).whoami(connection),
    push: async (options: import('./push.ts').PushOptions) => (await import('./push.ts')).push(connection, options),
    pull: async (options: import('./pull.ts').PullOptions) => (await import('./pull.ts')).pull(connection, options),
    verify: async (options: import('./verify.ts').VerifyOptions) =>
      (await import('./verify.ts')).verify(connection, options),
    quote: async (options: import('./quote.ts').QuoteOptions) =>
      (await import('./quote.ts')).quote(connection, options),
    chat: async (options: import('./chat.ts').ChatOptions) => (await import('./chat.ts')).chat(connection, options),
    receipts: async (options: import('./receipts.ts').ReceiptsOptions = {}) =>
      (await import('./receipts.ts')).receipts(connection, options),
    fund: async (options: import('./fund.ts').FundOptions) => (await import('./fund.ts')).fund(connection, options),
    balance: async () => (await import('./balance.ts')).balance(connection),
    withdraw: async (options: import('./withdraw.ts').WithdrawOptions) =>
      (await import('./withdraw.ts')).withdraw(connection, options),
    earnings: async (options: import('./earnings.ts').EarningsOptions = {}) =>
      (await import('./earnings.ts')).earnings(connection, options),
    claim: async (options: import('./earnings.ts').ClaimOptions) =>
      (await import('./earnings.ts')).claim(connection, options),
  }
}
