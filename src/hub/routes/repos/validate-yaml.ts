import { Card } from '../../../catalog/index.ts'
import { License, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import type { Route } from '../../request.ts'

/** Checks the metadata of a README before it is committed. */
export const validateYaml: Route = (app) => {
  app.post('/api/validate-yaml', async (request, reply) => {
    const { content } = Struct.parseWith(HubWire.ValidateYaml, request.body, 'README to check')
    const { card, problem } = Card.fromReadme(content)
    if (problem) {
      return reply.code(400).send({ errors: [{ message: problem }], warnings: [], error: problem })
    }
    return { errors: [], warnings: warningsOf(card).map((message) => ({ message })) }
  })
}

const warningsOf = ({ license }: Card.Card): string[] => {
  if (typeof license !== 'string' || license === 'other') return []
  try {
    License.from(license)
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}
