import type { Route } from '../../request.ts'
import { compareRevisions } from './compare.ts'
import { createBranch } from './create-branch.ts'
import { createTag } from './create-tag.ts'
import { deleteLfsFiles } from './delete-lfs-files.ts'
import { deleteRef } from './delete-ref.ts'
import { duplicateLfsFiles } from './duplicate-lfs-files.ts'
import { listCommits } from './list-commits.ts'
import { listLfsFiles } from './list-lfs-files.ts'
import { listRefs } from './list-refs.ts'
import { superSquash } from './super-squash.ts'

export const historyRoutes: Route[] = [
  compareRevisions,
  createBranch,
  createTag,
  deleteLfsFiles,
  deleteRef,
  duplicateLfsFiles,
  listCommits,
  listLfsFiles,
  listRefs,
  superSquash,
]
