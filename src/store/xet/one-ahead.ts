/** The same pieces, the next of which is being made while one is used. Its maker is at rest when this ends. */
export async function* oneAhead<T>(pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  let ahead = pieces.next()
  try {
    for (;;) {
      const { done, value } = await ahead
      if (done) return
      ahead = pieces.next()
      ahead.catch(() => {})
      yield value
    }
  } finally {
    await ahead.catch(() => {})
    await pieces.return(undefined)
  }
}
