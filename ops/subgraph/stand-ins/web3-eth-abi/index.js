/** What graph-cli takes of that package (LGPL), and only for fixtures of tests. */
export const decodeLog = () => {
  throw new Error('Fixtures are not decoded here.')
}
