import { BadInput } from '../../core/index.ts'

/** What was pushed is no pack, or one that this hub does not take; nothing of it was kept. */
export class BadPack extends BadInput {
  constructor(why: string, cause?: unknown) {
    super(`The pack was refused: ${why}.`, { code: 'bad_pack', cause })
  }
}

/** A pushed commit, tree or tag that git or this hub does not take. */
export class BadObject extends BadInput {
  constructor(what: string, why: string, hint?: string) {
    super(`${what}: ${why}`, { code: 'bad_object', hint })
  }
}
