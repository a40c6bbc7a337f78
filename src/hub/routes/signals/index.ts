import type { Route } from '../../request.ts'
import { countPull } from './count-pull.ts'
import { getDay, listDays } from './get-day.ts'
import { listPulls } from './list-pulls.ts'
import { listNotifications, readNotifications } from './notifications.ts'

export const signalsRoutes: Route[] = [countPull, listPulls, listDays, getDay, listNotifications, readNotifications]
