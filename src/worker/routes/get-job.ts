import type { FastifyInstance } from 'fastify'
import { NotFound } from '../../core/index.ts'
import { ProviderWire } from '../../wire/index.ts'
import type { WorkerContext } from '../app.ts'
import { StillRunning } from '../Jobs.ts'
import { resultOf } from '../result.ts'
import { bytes32Of } from './path.ts'

/** `GET /jobs/{jobId}`: the receipt of a job, and its answer for whoever knows the job's salt. */
export function getJob(app: FastifyInstance, { ledger, jobs }: WorkerContext): void {
  app.get<{ Params: { jobId: string } }>('/jobs/:jobId', async (request, reply) => {
    const jobId = bytes32Of(request.params.jobId, 'job id')
    const job = await ledger.job(jobId)
    // Who is told that a job is unknown gives it to another provider, so one that is being looked at is not.
    if (!job && jobs.isHere(jobId)) throw new StillRunning(jobId)
    if (!job) throw new NotFound(`Job ${jobId} was never accepted here.`, { code: 'unknown_job' })
    if (!job.result) throw new StillRunning(jobId)
    const mayRead = String(request.headers[ProviderWire.saltHeader]).toLowerCase() === job.salt
    const result = resultOf(await ledger.sign(job.result))
    const body = mayRead ? result : { ...result, answer: null }
    return reply.type('application/json').send(ProviderWire.toJson(body))
  })
}
