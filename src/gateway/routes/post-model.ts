import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BadInput, EngineRequest } from '../../core/index.ts'
import { HuggingFace } from '../../wire/index.ts'
import * as EventStream from '../EventStream.ts'
import type { Gateway } from '../Gateway.ts'
import { hfAnswer, hfLast, hfPiece } from '../hf-answer.ts'
import { runJob, UnknownTask } from '../run-job.ts'
import { paidHeaders, receiptUrl, takeOrder } from '../take-order.ts'

type Place = { Params: { namespace: string; name: string; task?: string } }

/** `POST /models/{namespace}/{name}`, also with `/pipeline/{task}` behind it: the task is the model's own. */
export function postModel(app: FastifyInstance, gateway: Gateway): void {
  for (const path of ['/:namespace/:name', '/:namespace/:name/pipeline/:task']) {
    app.post<Place>(path, async (request, reply) => {
      const model = `${request.params.namespace}/${request.params.name}`
      const [offer] = await gateway.providers.find(model, { in: 0n, out: 0n, ms: 0n })
      const task = EngineRequest.tasks.find((known) => known === offer?.task)
      if (!task) throw new UnknownTask(model)
      assertTask(model, task, request.params.task)
      const asked = HuggingFace.parseHf(task, request.body)
      return asked.stream
        ? streamed(gateway, request, reply, model, asked)
        : whole(gateway, request, reply, model, asked)
    })
  }
}

function assertTask(model: string, task: EngineRequest.Task, wanted: string | undefined): void {
  const fits = wanted === undefined || wanted === task
  if (!fits && !(wanted === 'sentence-similarity' && task === 'feature-extraction')) throw new OtherTask(model, task)
}

async function whole(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  model: string,
  asked: HuggingFace.HfRequest,
): Promise<string> {
  const ticket = await takeOrder(gateway, request, reply, { model, request: asked.request })
  const outcome = await runJob(gateway, ticket)
  reply.headers(paidHeaders(gateway, request, outcome)).type('application/json')
  return JSON.stringify(hfAnswer(outcome, asked))
}

async function streamed(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  model: string,
  asked: HuggingFace.HfRequest,
): Promise<FastifyReply> {
  const stream = EventStream.open(reply, () => ({ 'x-dehug-receipt': receiptUrl(gateway, request, ticket.jobId) }))
  let index = 0
  const onText = (text: string) => {
    index += 1
    return stream.send(hfPiece(text, index))
  }
  const ticket = await takeOrder(gateway, request, reply, { model, request: asked.request, onText })
  try {
    const outcome = await runJob(gateway, ticket)
    void stream.send(hfLast(outcome, asked, index + 1))
    stream.receipt(outcome)
    stream.end()
  } catch (error) {
    EventStream.fail(stream, error)
  }
  return reply
}

/** The model does something else than what its pipeline was asked for. */
export class OtherTask extends BadInput {
  constructor(model: string, task: string) {
    super(`The task of ${model} is ${task}.`, { code: 'other_task', hint: `POST to /models/${model} instead.` })
  }
}
