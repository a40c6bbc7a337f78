// @ts-check
/** The request, not the model, is at fault. */
export class InputError extends Error {}

/**
 * What the parent is told about an error.
 * @param {unknown} error
 * @returns {{kind: 'input' | 'memory' | 'model', message: string}}
 */
export function describe(error) {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: kindOf(error, message), message: message.slice(0, 2000) }
}

/**
 * @param {unknown} error
 * @param {string} message
 */
function kindOf(error, message) {
  if (error instanceof InputError) return 'input'
  const memory =
    /bad_alloc|bad alloc|failed to allocate|out of memory|allocation failed|array buffer allocation|invalid array length/i
  return memory.test(message) ? 'memory' : 'model'
}
