import type { Route } from '../../request.ts'

/** Names of coding agents that clients would look for in their environment to report them; none are wanted. */
export const getAgentHarnesses: Route = (app) => {
  app.get('/api/agent-harnesses', async () => ({}))
}
