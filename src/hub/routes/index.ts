import type { Route } from '../request.ts'
import { anchor } from './anchor.ts'
import { commit } from './commit.ts'
import { createRepo } from './create-repo.ts'
import { createToken } from './create-token.ts'
import { deleteRepo } from './delete-repo.ts'
import { deleteToken } from './delete-token.ts'
import { getCommitFiles } from './get-commit-files.ts'
import { getFile } from './get-file.ts'
import { getLfsObject } from './get-lfs-object.ts'
import { getManifest } from './get-manifest.ts'
import { getNetwork } from './get-network.ts'
import { getNonce } from './get-nonce.ts'
import { getPathsInfo } from './get-paths-info.ts'
import { getRepo } from './get-repo.ts'
import { getWhoami } from './get-whoami.ts'
import { getXetToken } from './get-xet-token.ts'
import { lfsBatch } from './lfs-batch.ts'
import { lfsVerify } from './lfs-verify.ts'
import { listCommits } from './list-commits.ts'
import { listRefs } from './list-refs.ts'
import { listRepos } from './list-repos.ts'
import { listTokens } from './list-tokens.ts'
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
  getXetToken,
  getNetwork,
  getNonce,
  createToken,
  listTokens,
  deleteToken,
  getCommitFiles,
  anchor,
  getManifest,
]
