// The part of the room that runs in browsers too: reads of the chain and what wallets sign. Nothing of Node.
export type { Call } from './Calls.ts'
export * as Calls from './Calls.ts'
export * as Chain from './Chain.ts'
export type { ChannelState, Head, ModelState, ProviderState, SessionState, VersionState } from './chain-states.ts'
export * as Deployment from './DeploymentShape.ts'
export type { ChainEvent, EventContract, EventFilter, EventName, Occurrence } from './Events.ts'
export * as Usdc from './Usdc.ts'
