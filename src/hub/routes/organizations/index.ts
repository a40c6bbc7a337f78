import type { Route } from '../../request.ts'
import { createOrganization } from './create-organization.ts'
import { follow } from './follow.ts'
import { getAvatar } from './get-avatar.ts'
import { getOverview } from './get-overview.ts'
import { listFollows } from './list-follows.ts'
import { listMembers } from './list-members.ts'
import { listOwnRepos } from './list-own-repos.ts'
import { removeMember } from './remove-member.ts'
import { setMember } from './set-member.ts'
import { updateOrganization } from './update-organization.ts'

export const organizationsRoutes: Route[] = [
  ...[createOrganization, updateOrganization, listMembers, setMember, removeMember],
  ...[follow, getAvatar, getOverview, listFollows, listOwnRepos],
]
