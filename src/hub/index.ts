export { hubApp, hubPlugin, hubServerOptions } from './app.ts'
export { createContext, defaultLimits, type HubContext, type Limits, type Registry } from './context.ts'
