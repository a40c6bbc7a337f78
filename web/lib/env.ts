import 'server-only'

/** Where the hub, gateway and GraphQL answer. Only for server components; a browser asks its own origin. */
export const endpoint = (): string => process.env.DEHUG_ENDPOINT ?? 'http://127.0.0.1:4800'
