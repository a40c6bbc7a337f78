/** What every DeHug error carries besides its message. */
export type ErrorFacts = {
  /** Stable machine name, e.g. `over_cap`. */
  code: string
  /** HTTP status that a service answers with. */
  status: number
  /** The way out, as one sentence for a person. */
  hint?: string | undefined
  /** Whether the same call may succeed later without a change. */
  retryable?: boolean | undefined
  /** Exit code of the command line: 1 failed, 2 usage, 3 verification failed, 4 payment needed, 5 not permitted. */
  exitCode?: number | undefined
  /** Machine-readable facts; bigint values are written as decimal strings. */
  details?: Record<string, unknown> | undefined
  cause?: unknown
}

/** What a subclass lets its callers add. */
export type ErrorOptions = Partial<Omit<ErrorFacts, 'status'>>

/** RFC 9457 problem body. */
export type Problem = {
  type: string
  title: string
  status: number
  detail: string
  code: string
  hint?: string
  retryable: boolean
  exitCode: number
  details?: Record<string, unknown>
}

/** Base of all errors that a person or program outside the process may see. */
export class DehugError extends Error {
  readonly code: string
  readonly status: number
  readonly hint: string | undefined
  readonly retryable: boolean
  readonly exitCode: number
  readonly details: Record<string, unknown> | undefined

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = new.target.name
    this.code = facts.code
    this.status = facts.status
    this.hint = facts.hint
    this.retryable = facts.retryable ?? false
    this.exitCode = facts.exitCode ?? 1
    this.details = facts.details
  }

  /** RFC 9457 form. Errors that are not ours become an opaque 500, so that internals do not leak. */
  static toProblem(error: unknown): Problem {
    const known = error instanceof DehugError ? error : new Fault()
    return {
      type: `urn:dehug:error:${known.code}`,
      title: known.name,
      status: known.status,
      detail: known.message,
      code: known.code,
      ...(known.hint === undefined ? {} : { hint: known.hint }),
      retryable: known.retryable,
      exitCode: known.exitCode,
      ...(known.details === undefined ? {} : { details: plain(known.details) }),
    }
  }

  /** Rebuilds the error a service answered with; an unreadable body becomes a `Fault` with the given status. */
  static fromProblem(body: unknown, status = 500): DehugError {
    if (!isProblem(body)) return new Fault(`The service answered with status ${status} and no readable reason.`)
    const Class = classes.get(body.status)
    const facts = {
      code: body.code,
      hint: body.hint,
      retryable: body.retryable,
      details: body.details,
      exitCode: body.exitCode,
    }
    if (Class) return new Class(body.detail, facts)
    return new DehugError(body.detail, { ...facts, status: body.status })
  }
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' &&
  body !== null &&
  typeof (body as Problem).detail === 'string' &&
  typeof (body as Problem).code === 'string' &&
  Number.isInteger((body as Problem).status)

const plain = (details: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(JSON.stringify(details, (_, value) => (typeof value === 'bigint' ? value.toString() : value)))

/** The caller sent something that cannot be right. */
export class BadInput extends DehugError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { code: 'bad_input', exitCode: 2, ...options, status: 400 })
  }
}

/** The named thing does not exist, or the caller may not know that it does. */
export class NotFound extends DehugError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { code: 'not_found', ...options, status: 404 })
  }
}

/** The caller is known but has no right to this. */
export class NotPermitted extends DehugError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { code: 'not_permitted', exitCode: 5, ...options, status: 403 })
  }
}

/** The caller did not say who they are, or the credential is unknown, expired or revoked. */
export class NotAuthenticated extends DehugError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { code: 'not_authenticated', exitCode: 5, ...options, status: 401 })
  }
}

/** The balance, cap or price does not allow the work; `details` carry the shortfall. */
export class PaymentNeeded extends DehugError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { code: 'payment_needed', exitCode: 4, ...options, status: 402 })
  }
}

/** Bytes, a signature or a sum is not what it was promised to be. */
export class VerificationFailed extends DehugError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { code: 'verification_failed', exitCode: 3, ...options, status: 502 })
  }
}

/** Somebody else was faster, or the thing is there already. */
export class Conflict extends DehugError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { code: 'conflict', ...options, status: 409 })
  }
}

/** Too busy or not reachable right now; trying again later is right. */
export class Unavailable extends DehugError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { code: 'unavailable', retryable: true, ...options, status: 503 })
  }
}

/** Something broke inside; the caller can do nothing about it. */
export class Fault extends DehugError {
  constructor(message = 'Something went wrong on our side.', options: ErrorOptions = {}) {
    super(message, { code: 'fault', hint: 'Try again; if it stays, report the request id.', ...options, status: 500 })
  }
}

/** A subclass travels as the class of its status; its `code` tells which cause it was. */
const classes = new Map<number, new (message: string, options: ErrorOptions) => DehugError>([
  [400, BadInput],
  [401, NotAuthenticated],
  [402, PaymentNeeded],
  [403, NotPermitted],
  [404, NotFound],
  [409, Conflict],
  [502, VerificationFailed],
  [503, Unavailable],
])
