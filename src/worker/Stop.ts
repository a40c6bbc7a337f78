/** Why a job was stopped before its engine had finished: the client went away, the money ran out, or the time. */
export type Reason = 'gone' | 'starved' | 'late'

/** One signal a job, with the first reason that anybody gave. */
export type Stop = { readonly signal: AbortSignal; readonly reason: Reason | undefined; because(reason: Reason): void }

export function create(): Stop {
  const controller = new AbortController()
  let first: Reason | undefined
  return {
    signal: controller.signal,
    get reason() {
      return first
    },
    because: (reason) => {
      first ??= reason
      controller.abort()
    },
  }
}
