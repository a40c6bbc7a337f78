export { answerNotFound, hubApp, hubPlugin, hubServerOptions } from './app.ts'
export { type HubConfig, readConfig } from './config.ts'
export { createContext, defaultLimits, type HubContext, type Limits } from './context.ts'
export { type RunningHub, start } from './start.ts'
