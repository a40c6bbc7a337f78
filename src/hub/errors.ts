import { BadInput, DehugError, NotAuthenticated, NotFound, NotPermitted, Unavailable } from '../core/index.ts'

const missing = (name: string) => `Repository not found: ${name}.`
const repoHint = 'Check the name; a private repository needs a token of somebody who may read it.'

/** The repository does not exist, or this caller may not know that it does; both answers are the same. */
export class RepoNotFound extends NotFound {
  constructor(name: string) {
    super(missing(name), { code: 'repo_not_found', hint: repoHint })
  }
}

/** The same for callers without a token, who are told to bring one. */
export class RepoNotFoundWithoutToken extends NotAuthenticated {
  constructor(name: string) {
    super(missing(name), { code: 'repo_not_found', hint: repoHint })
  }
}

export class RevisionNotFound extends NotFound {
  constructor(revision: string) {
    super(`Invalid rev id: ${revision}`, {
      code: 'revision_not_found',
      hint: 'Use a branch, a tag or a commit id of this repository.',
    })
  }
}

/** The revision holds nothing at this path. `commit` becomes `X-Repo-Commit`, which lets clients cache the absence. */
export class EntryNotFound extends NotFound {
  readonly commit: string
  constructor(path: string, commit: string) {
    super(`Entry not found: "${path}" is not in the repository at ${commit}.`, { code: 'entry_not_found' })
    this.commit = commit
  }
}

/** The token is unknown, expired or revoked. Clients look for exactly these words. */
export class BadToken extends NotAuthenticated {
  constructor() {
    super('Invalid credentials in Authorization header', {
      code: 'bad_token',
      hint: 'Log in again, or create a new token.',
    })
  }
}

export class TokenNeeded extends NotAuthenticated {
  constructor() {
    super('This needs a token: none was sent.', {
      code: 'token_needed',
      hint: 'Log in with `dehug login` or set HF_TOKEN.',
    })
  }
}

/** A browser's cookie came with a request that our own pages did not make, so it does not count. */
export class ForeignRequest extends NotPermitted {
  constructor() {
    super("This request was not made by this site's own page in this browser.", {
      code: 'foreign_request',
      hint: 'Reload the page and try again; programs send a token in the Authorization header.',
    })
  }
}

/** The token was made for reading. */
export class TokenOnlyReads extends NotPermitted {
  constructor() {
    super('This token only reads.', { code: 'token_only_reads', hint: 'Use a token with the right to write.' })
  }
}

export class WriteRefused extends NotPermitted {
  constructor(name: string) {
    super(`You have no right to change ${name} with this token.`, {
      code: 'write_refused',
      hint: 'Use a write token of the owner or of a member of the organisation, or pass create_pr=1 to a commit.',
    })
  }
}

/** A token for reading only. */
export class DiscussionsRefused extends NotPermitted {
  constructor() {
    super('This token does not allow discussions and pull requests.', {
      code: 'discussions_refused',
      hint: 'Use a write token, or one that allows discussions.',
    })
  }
}

/** Part of the body is over a limit; nothing of it was kept. */
export class BodyTooLarge extends DehugError {
  constructor(what: string, limitBytes: number) {
    super(`${what} is larger than the ${limitBytes} bytes that are accepted.`, {
      code: 'body_too_large',
      status: 413,
      hint: 'Send large files through LFS, and many changes as several commits.',
    })
  }
}

/** The sender stopped, or sends so slowly that the connection only ties up the hub. */
export class BodyTooSlow extends DehugError {
  constructor() {
    super('The body of the request arrived too slowly and was given up.', {
      code: 'body_too_slow',
      status: 408,
      retryable: true,
    })
  }
}

export class UploadCutOff extends BadInput {
  constructor(received: number, expected: number) {
    super(`The upload ended after ${received} of ${expected} bytes.`, {
      code: 'upload_cut_off',
      retryable: true,
      hint: 'Send the file again.',
    })
  }
}

/** A commit names bytes that its author neither sent nor can read. */
export class BytesNotYours extends DehugError {
  constructor(path: string, sha256: string) {
    super(`The file "${path}" points to ${sha256}, which was not uploaded.`, {
      code: 'bytes_not_uploaded',
      status: 422,
      hint: 'Upload the file through LFS first; naming a hash gives no right to the bytes.',
      details: { path, sha256 },
    })
  }
}

/** This hub was started without a chain. */
export class NoChain extends Unavailable {
  constructor() {
    super('This hub is not connected to a chain.', { code: 'no_chain', retryable: false })
  }
}

/** A repository or account was deleted while a request was about to add to it. */
export class GoneMeanwhile extends NotFound {
  constructor() {
    super('What this request adds to was deleted meanwhile.', { code: 'gone_meanwhile' })
  }
}
