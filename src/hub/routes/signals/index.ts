import type { Route } from '../../request.ts'
import { listBadgeKinds, listBadges } from './badges.ts'
import { countPull } from './count-pull.ts'
import { getDay, listDays } from './get-day.ts'
import { getProfile } from './get-profile.ts'
import { getReputation } from './get-reputation.ts'
import { listEvaluations } from './list-evaluations.ts'
import { listLeaderboard } from './list-leaderboard.ts'
import { listPulls } from './list-pulls.ts'
import { listNotifications, readNotifications } from './notifications.ts'
import { getSeason, listSeasons } from './seasons.ts'

export const signalsRoutes: Route[] = [
  ...[countPull, listPulls, listDays, getDay],
  ...[listLeaderboard, listEvaluations, listBadgeKinds, listBadges, listSeasons, getSeason, getReputation, getProfile],
  ...[listNotifications, readNotifications],
]
