/** What graph-cli takes of that package, which stands on an LGPL one, and only with `--uncrashable`. */
exports.run = () => {
  throw new Error('Helpers of "graph codegen --uncrashable" are not made here.')
}
