import type { Engine as EngineType } from './Engine.ts'
import { start } from './OnnxEngine.ts'

export type Engine = EngineType
export const Engine = { start }
export type { EngineInfo, EngineLimits, EngineOptions, RunOptions } from './Engine.ts'
export { type EngineFacts, engineId } from './EngineId.ts'
export { EnginePool, type PoolEntry, type PoolOptions } from './EnginePool.ts'
export {
  EngineBusy,
  EngineClosed,
  EngineCrashed,
  EngineOutOfMemory,
  EngineTimeout,
  ModelFailed,
  ModelRefused,
  RequestRefused,
} from './errors.ts'
export type { RunResult, Units } from './Jobs.ts'
export * as ModelDir from './ModelDir.ts'
export * as NullEngine from './NullEngine.ts'
export * as Sandbox from './Sandbox.ts'
