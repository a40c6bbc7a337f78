import type { Route } from '../request.ts'
import { commit } from './commit.ts'
import { createRepo } from './create-repo.ts'
import { deleteRepo } from './delete-repo.ts'
import { getFile } from './get-file.ts'
import { getLfsObject } from './get-lfs-object.ts'
import { getPathsInfo } from './get-paths-info.ts'
import { getRepo } from './get-repo.ts'
import { getWhoami } from './get-whoami.ts'
import { lfsBatch } from './lfs-batch.ts'
import { lfsVerify } from './lfs-verify.ts'
import { listCommits } from './list-commits.ts'
import { listRefs } from './list-refs.ts'
import { listRepos } from './list-repos.ts'
import { listTree } from './list-tree.ts'
import { preupload } from './preupload.ts'
import { putSettings } from './put-settings.ts'
import { putUpload } from './put-upload.ts'
import { validateYaml } from './validate-yaml.ts'

/** All routes of the hub. */
export const routes: Route[] = [
  getWhoami,
  getRepo,
  listRepos,
  listTree,
  getPathsInfo,
  listRefs,
  listCommits,
  getFile,
  createRepo,
  deleteRepo,
  putSettings,
  preupload,
  lfsBatch,
  lfsVerify,
  getLfsObject,
  putUpload,
  commit,
  validateYaml,
]
