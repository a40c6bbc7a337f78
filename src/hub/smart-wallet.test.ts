import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import solc from 'solc'
import {
  type Abi,
  createWalletClient,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  http,
  serializeErc6492Signature,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createSiweMessage } from 'viem/siwe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyOf, type Network, startNetwork } from '../chain/testing.ts'
import { startTestHub, type TestHub } from './start-test-hub.ts'

const root = join(import.meta.dirname, '../..')
const source = 'contracts/test/support/Wallets.sol'

/** The wallets that the contracts' own tests use. */
const compiled = (): Record<string, { abi: Abi; evm: { bytecode: { object: string } } }> => {
  const input = {
    language: 'Solidity',
    sources: { [source]: { content: readFileSync(join(root, source), 'utf8') } },
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  }
  const found = (path: string) => ({ contents: readFileSync(join(root, 'node_modules', path), 'utf8') })
  return JSON.parse(solc.compile(JSON.stringify(input), { import: found })).contracts[source]
}

let network: Network
let hub: TestHub
const wallets = compiled()
const owner = privateKeyToAccount(generatePrivateKey())
const stranger = privateKeyToAccount(generatePrivateKey())

beforeAll(async () => {
  network = await startNetwork()
  hub = await startTestHub({ chain: network.chain })
})
afterAll(async () => {
  await hub?.stop()
  await network?.[Symbol.asyncDispose]()
})

const codeOf = (name: string): Hex => `0x${wallets[name]?.evm.bytecode.object}`
const initCode = (of: Hex) =>
  encodeDeployData({ abi: wallets.Wallet?.abi as Abi, bytecode: codeOf('Wallet'), args: [of] })

const send = async (to: Hex | undefined, data: Hex): Promise<Hex | null | undefined> => {
  const account = privateKeyToAccount(keyOf('deployer'))
  const client = createWalletClient({ account, transport: http(network.chain.rpcUrl) })
  const hash = await client.sendTransaction({ data, chain: null, ...(to ? { to } : {}) })
  return (await network.chain.client.waitForTransactionReceipt({ hash, pollingInterval: 50 })).contractAddress
}

const messageFor = async (address: Hex) => {
  const { nonce, domain, chainId } = await (await fetch(`${hub.url}/api/dehug/nonce`)).json()
  return createSiweMessage({ address, chainId, domain, nonce, uri: hub.url, version: '1' })
}

const logIn = async (message: string, signature: Hex, username?: string) => {
  const answer = await fetch(`${hub.url}/api/dehug/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'login', message, signature, ...(username ? { username } : {}) }),
  })
  return { status: answer.status, body: await answer.json() }
}

test('behavior: a contract logs in with what its owner signed, once, and nobody else for it', async () => {
  const wallet = (await send(undefined, initCode(owner.address))) as Hex
  const message = await messageFor(wallet)
  const signature = await owner.signMessage({ message })
  expect(await logIn(message, signature, 'safe')).toMatchObject({
    status: 200,
    body: { user: 'safe', address: wallet.toLowerCase() },
  })
  expect((await logIn(message, signature)).status).toBe(401)
  const other = await messageFor(wallet)
  expect(await logIn(other, await stranger.signMessage({ message: other }))).toMatchObject({
    status: 401,
    body: { code: 'login_refused', error: expect.stringContaining('the wallet it names did not sign it') },
  })
  const changed = await messageFor(wallet)
  expect((await logIn(changed, await owner.signMessage({ message: `${changed}!` }))).status).toBe(401)
  // The owner's key is another account than the contract.
  const own = await messageFor(owner.address)
  expect((await logIn(own, await owner.signMessage({ message: own }), 'owner')).body).toMatchObject({
    user: 'owner',
    address: owner.address.toLowerCase(),
  })
})

test('behavior: a contract logs in before it is deployed, and is the same account afterwards', async () => {
  const factory = (await send(undefined, codeOf('WalletFactory'))) as Hex
  const salt: Hex = `0x${'5a'.repeat(32)}`
  const deploy = encodeFunctionData({
    ...{ abi: wallets.WalletFactory?.abi as Abi, functionName: 'deploy', args: [owner.address, salt] },
  })
  const wallet = getContractAddress({ opcode: 'CREATE2', from: factory, salt, bytecode: initCode(owner.address) })
  const wrapped = async (by: typeof owner, message: string) =>
    serializeErc6492Signature({ address: factory, data: deploy, signature: await by.signMessage({ message }) })

  const early = await messageFor(wallet)
  expect((await logIn(early, await wrapped(stranger, early))).status).toBe(401)
  const plain = await messageFor(wallet)
  expect((await logIn(plain, await owner.signMessage({ message: plain }))).status).toBe(401)
  const message = await messageFor(wallet)
  const { body } = await logIn(message, await wrapped(owner, message), 'later')
  expect(body).toMatchObject({ user: 'later', address: wallet.toLowerCase() })
  expect(await network.chain.client.getCode({ address: wallet })).toBeUndefined()

  await send(factory, deploy)
  const again = await messageFor(wallet)
  expect((await logIn(again, await owner.signMessage({ message: again }))).body).toMatchObject({ user: 'later' })
})

test('error: signatures that are none are refused, and a chain that is silent is no refusal', async () => {
  const address = `0x${'12'.repeat(20)}` as Hex
  const magic = '6492'.repeat(16)
  for (const signature of ['0x', '0x00', `0x${'11'.repeat(65)}`, `0x${'ff'.repeat(300)}`, `0x00${magic}`] as const) {
    expect([signature, (await logIn(await messageFor(address), signature)).status]).toEqual([signature, 401])
  }
  await network.relayer.stop()
  await network.node.stop()
  expect(await logIn(await messageFor(address), `0x${'11'.repeat(65)}`)).toMatchObject({
    status: 503,
    body: { code: 'chain_silent' },
  })
  const message = await messageFor(owner.address)
  expect((await logIn(message, await owner.signMessage({ message }))).status).toBe(200)
})
