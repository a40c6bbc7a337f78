import { DehugError, type Problem } from '../core/index.ts'

/** Hugging Face clients choose their exception by this header; other codes are ours. Source: huggingface_hub, `hf_raise_for_status`. */
const huggingFaceCodes: Record<string, string> = {
  repo_not_found: 'RepoNotFound',
  revision_not_found: 'RevisionNotFound',
  entry_not_found: 'EntryNotFound',
  gated_repo: 'GatedRepo',
}

/** Where Hugging Face clients expect another status than the error's own. */
const huggingFaceStatus: Record<string, number> = { branch_moved: 412, bad_path: 422, path_collision: 422 }

/** A problem as hub routes answer it: RFC 9457 members, and `error` and `errors` for Hugging Face clients. */
export type HubProblem = Problem & { error: string; errors: { message: string }[] }

export type HubFailure = { status: number; headers: Record<string, string>; body: HubProblem }

/** Status, headers and body of a failed hub request. HEAD has no body, so the headers say it all. */
export const hubFailure = (error: unknown): HubFailure => {
  const problem = DehugError.toProblem(error)
  const status = huggingFaceStatus[problem.code] ?? problem.status
  return {
    status,
    headers: {
      'x-error-code': huggingFaceCodes[problem.code] ?? problem.title,
      'x-error-message': headerText(problem.detail),
    },
    body: { ...problem, status, error: problem.detail, errors: [{ message: problem.detail }] },
  }
}

/** Header values carry visible Latin-1 only. */
const headerText = (text: string): string => text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').slice(0, 1000)
