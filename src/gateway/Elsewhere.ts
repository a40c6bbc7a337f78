import { Unavailable } from '../core/index.ts'

/** This provider cannot do it and nothing is owed to it, so that another may be asked. */
export class Elsewhere extends Unavailable {
  constructor(cause: unknown) {
    super((cause as Error).message, { code: 'elsewhere', cause })
  }
}
