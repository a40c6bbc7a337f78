import type { Route } from '../../request.ts'
import { anchor } from './anchor.ts'
import { getCommitFiles } from './get-commit-files.ts'
import { getManifest } from './get-manifest.ts'
import { getNetwork } from './get-network.ts'
import { setTerms } from './set-terms.ts'

export const dehugRoutes: Route[] = [anchor, getCommitFiles, getManifest, getNetwork, setTerms]
