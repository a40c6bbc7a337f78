/** What the hub answered instead of what was asked for; fields as in its RFC 9457 body. */
export class HubError extends Error {
  override readonly name = 'HubError'
  readonly status: number
  readonly code: string
  readonly hint: string | undefined
  readonly retryable: boolean
  readonly details: Record<string, unknown> | undefined

  constructor(status: number, body: Partial<HubProblem> & { error?: string }) {
    super(body.detail ?? body.error ?? `The hub answered ${status}.`)
    this.status = status
    this.code = body.code ?? `http_${status}`
    this.hint = body.hint
    this.retryable = body.retryable ?? status >= 500
    this.details = body.details
  }

  /** Reads the answer of a failed request; a body that is no problem document leaves the status. */
  static async from(response: Response): Promise<HubError> {
    const body = await response.json().catch(() => ({}))
    return new HubError(response.status, typeof body === 'object' && body !== null ? body : {})
  }
}

type HubProblem = {
  detail: string
  code: string
  hint: string
  retryable: boolean
  details: Record<string, unknown>
}
