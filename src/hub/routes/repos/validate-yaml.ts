import { Card } from '../../../catalog/index.ts'
import { Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import * as CardProblems from '../../CardProblems.ts'
import type { Route } from '../../request.ts'

/** Checks the metadata of a README before it is committed. */
export const validateYaml: Route = (app) => {
  app.post('/api/validate-yaml', async (request, reply) => {
    const { content, repoType } = Struct.parseWith(HubWire.ValidateYaml, request.body, 'README to check')
    const kind = repoType === 'dataset' || repoType === 'space' ? repoType : 'model'
    const { card, problem } = Card.fromReadme(content)
    const { errors, warnings } =
      problem === undefined ? CardProblems.of(kind, card) : { errors: [problem], warnings: [] }
    const messages = (list: string[]) => list.map((message) => ({ message }))
    if (errors.length > 0) reply.code(400)
    return {
      errors: messages(errors),
      warnings: messages(warnings),
      ...(errors.length > 0 ? { error: errors.join('; ') } : {}),
    }
  })
}
