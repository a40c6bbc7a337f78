type Event = {
  block: { number: bigint; timestamp: bigint }
  transaction: { hash: `0x${string}` }
  log: { logIndex: number }
}

/** When and where an event happened, as the columns of its row. */
export const timed = ({ block, transaction }: Event) => ({ at: block.timestamp, txHash: transaction.hash })
export const placed = (event: Event) => ({ ...timed(event), block: event.block.number })
export const idOf = ({ transaction, log }: Event) => `${transaction.hash}-${log.logIndex}`
