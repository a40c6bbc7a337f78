import { type ErrorOptions, VerificationFailed } from '../core/index.ts'

/** A provider was caught. `isSigned`: its own key signed the falsehood, so the key is banned; otherwise it may be the work of whoever answers at that address, and only that is. */
export class Falsehood extends VerificationFailed {
  readonly isSigned: boolean

  constructor(message: string, { isSigned, ...options }: ErrorOptions & { isSigned: boolean }) {
    super(message, options)
    this.isSigned = isSigned
  }
}
