import type { Route } from '../../request.ts'
import { askAccess } from './ask-access.ts'
import { authCheck } from './auth-check.ts'
import { dropTelemetry } from './drop-telemetry.ts'
import { getAgentHarnesses } from './get-agent-harnesses.ts'
import { grantAccess } from './grant-access.ts'
import { handleAccessRequest } from './handle-access-request.ts'
import { likeRepo } from './like-repo.ts'
import { listAccessRequests } from './list-access-requests.ts'
import { listLikers } from './list-likers.ts'
import { listLikes } from './list-likes.ts'

export const accessRoutes: Route[] = [
  askAccess,
  authCheck,
  dropTelemetry,
  getAgentHarnesses,
  grantAccess,
  handleAccessRequest,
  likeRepo,
  listAccessRequests,
  listLikers,
  listLikes,
]
