import { NoXet } from '../../errors.ts'
import { places, type Route } from '../../request.ts'

/** Where clients ask for an upload protocol that is not offered. */
export const getXetToken: Route = (app) => {
  for (const { api } of places) {
    app.get(`${api}/:ns/:name/xet-write-token/:rev`, async () => {
      throw new NoXet()
    })
  }
}
