export { buildApp, type WorkerContext } from './app.ts'
export { read as readConfig, type ServedConfig, type WorkerConfig } from './config.ts'
export { start, type Worker, type WorkerParts } from './start.ts'
