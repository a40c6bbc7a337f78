import type { Offer } from './Offer.ts'
import { fee, type Units } from './Price.ts'

/** The largest fee that one request can cost under an offer, in µUSDC, and the units it was computed for. */
export type Quote = { offer: Offer; units: Units; maxFee: bigint }

/** Caps the wanted units at the offer's limits and prices them. */
export function from(offer: Offer, wanted: Units): Quote {
  const units = { in: min(wanted.in, offer.maxIn), out: min(wanted.out, offer.maxOut), ms: min(wanted.ms, offer.maxMs) }
  return { offer, units, maxFee: fee(offer, units) }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
