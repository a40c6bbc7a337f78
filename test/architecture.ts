/** The ground plan: a room imports only the rooms named behind it, through their `index.ts`. */
export const rooms: Record<string, readonly string[]> = {
  core: [],
  wire: ['core'],
  store: ['core'],
  chain: ['core'],
  engine: ['core'],
  settle: ['core', 'store', 'chain'],
  catalog: ['core', 'chain', 'settle'],
  hub: ['core', 'wire', 'store', 'chain', 'catalog'],
  gateway: ['core', 'wire', 'store', 'chain', 'settle', 'catalog'],
  worker: ['core', 'wire', 'store', 'chain', 'engine', 'settle'],
  sdk: ['core', 'wire', 'store', 'chain'],
  cli: ['core', 'wire', 'store', 'chain', 'engine', 'settle', 'catalog', 'hub', 'gateway', 'worker', 'sdk'],
}

/** The plan as a Mermaid graph, without the arrows that others imply. */
export function diagram(): string {
  const arrows = Object.entries(rooms).flatMap(([room, allowed]) =>
    allowed
      .filter((other) => !allowed.some((between) => reaches(between, other)))
      .map((other) => `  ${room} --> ${other}`),
  )
  return ['graph BT', ...arrows].join('\n')
}

const reaches = (from: string, to: string): boolean =>
  (rooms[from] ?? []).some((next) => next === to || reaches(next, to))
