import { MomentCursor, Notification } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { SignalsWire } from '../../../wire/index.ts'
import { pageOf } from '../../paging.ts'
import { assertActs, flagParam, type Route, requireHolder } from '../../request.ts'

const mostShown = 100

/** What happened that concerns the caller, newest first. */
export const listNotifications: Route = (app, context) => {
  app.get('/api/dehug/notifications', async (request) => {
    const { db } = context.catalog
    const holder = requireHolder(request)
    const page = pageOf(request, mostShown)
    const [rows, unread] = await Promise.all([
      Notification.list(db, holder, { ...page, unread: flagParam(request, 'unread') }),
      Notification.unread(db, holder),
    ])
    const last = rows.length > page.shown ? rows[page.shown - 1] : undefined
    return {
      unread,
      items: rows.slice(0, page.shown).map(({ row, actor, repo }) => ({
        ...{ id: row.id, kind: row.kind, at: row.createdAt.toISOString(), read: row.readAt !== null },
        ...{ repo, actor, title: row.title, url: row.path },
      })),
      next: last ? MomentCursor.format({ at: last.at, id: last.row.id }) : null,
    }
  })
}

/** Marks some, or all, as read. */
export const readNotifications: Route = (app, context) => {
  app.post('/api/dehug/notifications/read', { bodyLimit: 65_536 }, async (request) => {
    const { db } = context.catalog
    const holder = assertActs(request)
    const { ids } = Struct.parseWith(SignalsWire.ReadNotifications, request.body ?? {}, 'list of notifications')
    await Notification.markRead(db, holder.user.id, ids, context.clock())
    return { unread: await Notification.unread(db, holder) }
  })
}
