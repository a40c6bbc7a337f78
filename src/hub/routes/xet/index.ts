import type { Route } from '../../request.ts'
import { getChunk } from './get-chunk.ts'
import { getReconstruction } from './get-reconstruction.ts'
import { getXetToken } from './get-xet-token.ts'
import { getXorb } from './get-xorb.ts'
import { postShard } from './post-shard.ts'
import { postTelemetry } from './post-telemetry.ts'
import { postXorb } from './post-xorb.ts'

export const xetRoutes: Route[] = [
  getXetToken,
  postXorb,
  postShard,
  getChunk,
  getReconstruction,
  getXorb,
  postTelemetry,
]
