import { openCatalog } from '../../catalog/index.ts'
import { DiskStore } from '../../store/index.ts'
import { hubApp } from '../app.ts'
import { createContext } from '../context.ts'

/** A hub on a database and a store that are there already, in a process that may be killed; it tells of each request. */
const [databaseUrl = '', dir = ''] = process.argv.slice(2)
const catalog = await openCatalog({ databaseUrl })
const store = await DiskStore.open({ dir })
const app = await hubApp(await createContext({ catalog, store }))
app.server.on('request', ({ method, url }) => process.send?.({ request: `${method} ${url}` }))
process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
