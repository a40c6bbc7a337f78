import { Address, BigInt } from '@graphprotocol/graph-ts'
import { Awarded, Burned, SeasonPublished, SeasonStruck } from '../generated/Badges/Badges'
import { Posted, Recorded, Struck } from '../generated/EngagementOracle/EngagementOracle'
import { Badge, OraclePost, OracleRecord, OracleScore, Season } from '../generated/schema'
import { idOf } from './occurrence'

function saidBy(account: Address, number: BigInt): string {
  return account.toHexString() + '-' + number.toString()
}

export function handlePosted(event: Posted): void {
  const row = new OraclePost(saidBy(event.params.poster, event.params.epoch))
  row.poster = event.params.poster
  row.epoch = event.params.epoch
  row.pulls = event.params.pulls
  row.usage = event.params.usage
  row.scores = event.params.scores
  row.dataCid = event.params.dataCid
  row.struck = false
  row.struckBy = null
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleStruck(event: Struck): void {
  const row = OraclePost.load(saidBy(event.params.poster, event.params.epoch))
  if (row == null) return
  row.struck = true
  row.struckBy = event.params.by
  row.save()
}

export function handleRecorded(event: Recorded): void {
  const day = new OracleRecord(idOf(event))
  day.poster = event.params.poster
  day.modelId = event.params.modelId
  day.epoch = event.params.epoch
  day.points = event.params.points
  day.score = event.params.score
  day.fee = event.params.fee
  day.at = event.block.timestamp
  day.txHash = event.transaction.hash
  day.save()
  const row = new OracleScore(saidBy(event.params.poster, event.params.modelId))
  row.poster = event.params.poster
  row.modelId = event.params.modelId
  row.epoch = event.params.epoch
  row.score = event.params.score
  row.fee = event.params.fee
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleAwarded(event: Awarded): void {
  const row = new Badge(event.params.tokenId.toString())
  row.account = event.params.account
  row.kind = event.params.kind
  if (event.params.issuer.notEqual(Address.zero())) row.issuer = event.params.issuer
  row.season = event.params.season
  row.rank = event.params.rank
  row.evidence = event.params.evidence
  row.burned = false
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleBurned(event: Burned): void {
  const row = Badge.load(event.params.tokenId.toString())
  if (row == null) return
  row.burned = true
  row.save()
}

export function handleSeasonPublished(event: SeasonPublished): void {
  const row = new Season(saidBy(event.params.issuer, event.params.season))
  row.issuer = event.params.issuer
  row.season = event.params.season
  row.root = event.params.root
  row.dataCid = event.params.dataCid
  row.struck = false
  row.struckBy = null
  row.at = event.block.timestamp
  row.txHash = event.transaction.hash
  row.save()
}

export function handleSeasonStruck(event: SeasonStruck): void {
  const row = Season.load(saidBy(event.params.issuer, event.params.season))
  if (row == null) return
  row.struck = true
  row.struckBy = event.params.by
  row.save()
}
