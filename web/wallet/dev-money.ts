import { network, rpc } from './network.ts'

const developmentChain = 31337
/** `alice` of the published development phrase, whose account the development chain signs for by itself. */
const lender = '0x90f79bf6eb2c4f870365e785982e1f101e93b906'

/** Whether play money can be had: on a development chain only. */
export const hasDevMoney = async (): Promise<boolean> => (await network()).chainId === developmentChain

/** Sends play USDC from a funded development account. */
export const giveDevMoney = async (to: string, micro: bigint): Promise<string> => {
  const { contracts } = await network()
  const word = (hex: string) => hex.replace(/^0x/, '').toLowerCase().padStart(64, '0')
  const data = `0xa9059cbb${word(to)}${word(micro.toString(16))}`
  return rpc('eth_sendTransaction', [{ from: lender, to: contracts.USDC, data }])
}
