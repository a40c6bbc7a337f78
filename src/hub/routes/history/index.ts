import type { Route } from '../../request.ts'
import { createBranch } from './create-branch.ts'
import { createTag } from './create-tag.ts'
import { deleteRef } from './delete-ref.ts'
import { listCommits } from './list-commits.ts'
import { listRefs } from './list-refs.ts'

export const historyRoutes: Route[] = [createBranch, createTag, deleteRef, listCommits, listRefs]
