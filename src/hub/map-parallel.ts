/** Applies work to each item with at most `limit` at a time; results keep the order. The first failure ends it. */
export const mapParallel = async <T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = []
  const running = new Set<Promise<void>>()
  let index = 0
  try {
    for await (const item of items) {
      const at = index++
      const task: Promise<void> = work(item).then((result) => {
        results[at] = result
        running.delete(task)
      })
      // Awaited below; until then a failure must not count as unhandled.
      task.catch(() => undefined)
      running.add(task)
      if (running.size >= limit) await Promise.race(running)
    }
    await Promise.all(running)
    return results
  } finally {
    await Promise.allSettled(running)
  }
}
