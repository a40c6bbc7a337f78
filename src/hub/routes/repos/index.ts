import type { Route } from '../../request.ts'
import { createRepo } from './create-repo.ts'
import { deleteRepo } from './delete-repo.ts'
import { duplicateRepo } from './duplicate-repo.ts'
import { getRepo } from './get-repo.ts'
import { listRepos } from './list-repos.ts'
import { listTags } from './list-tags.ts'
import { listTasks } from './list-tasks.ts'
import { moveRepo } from './move-repo.ts'
import { putSettings } from './put-settings.ts'
import { validateYaml } from './validate-yaml.ts'

export const reposRoutes: Route[] = [
  createRepo,
  deleteRepo,
  duplicateRepo,
  getRepo,
  listRepos,
  listTags,
  listTasks,
  moveRepo,
  putSettings,
  validateYaml,
]
