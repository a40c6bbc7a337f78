'use client'
import type { Answer, EngineRequest } from 'dehug/core'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { counted } from '@/lib/format.ts'

/** An answer in the form that its task is looked at. */
export const AnswerView = ({
  answer,
  request,
}: {
  answer: Answer.Answer
  request: EngineRequest.EngineRequest | undefined
}) => {
  if (answer.kind === 'text') {
    return (
      <>
        <p className="whitespace-pre-wrap break-words" data-testid="answer">
          {answer.text}
        </p>
        {answer.finishReason === 'length' && (
          <p className="mt-2 text-xs text-ink-2">Ended at the most tokens that were asked for.</p>
        )}
      </>
    )
  }
  const inputs = request && 'inputs' in request ? request.inputs : []
  return answer.kind === 'labels' ? (
    <Labels labels={answer.labels} inputs={inputs} />
  ) : (
    <Vectors vectors={answer.vectors} inputs={inputs} />
  )
}

type Label = { label: string; score: number }

const Labels = ({ labels, inputs }: { labels: Label[][]; inputs: string[] }) => (
  <div className="space-y-4" data-testid="answer">
    {labels.map((list, i) => (
      <div key={i}>
        {inputs[i] && <p className="mb-1.5 truncate text-sm font-medium">{inputs[i]}</p>}
        <ul className="space-y-1.5">
          {list.map(({ label, score }) => (
            <li key={label} className="grid grid-cols-[8rem_minmax(0,1fr)_4rem] items-center gap-2 text-sm">
              <span className="truncate">{label}</span>
              <span className="h-2 overflow-hidden rounded-full bg-raised" aria-hidden>
                <span className="block h-full bg-accent" style={{ width: `${Math.round(score * 100)}%` }} />
              </span>
              <span className="num text-right">{(score * 100).toFixed(1)} %</span>
            </li>
          ))}
        </ul>
      </div>
    ))}
  </div>
)

const numbersOf = (base64: string): Float32Array =>
  new Float32Array(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer)

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)

const cosine = (a: Float32Array, b: Float32Array) => dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1)

const Vectors = ({ vectors, inputs }: { vectors: string[]; inputs: string[] }) => {
  const all = vectors.map(numbersOf)
  return (
    <div className="space-y-3" data-testid="answer">
      <p className="text-sm">
        {counted(all.length, 'vector')} of {counted(all[0]?.length ?? 0, 'number')}.
      </p>
      {all.length > 1 && (
        <Table caption="How close the texts are (cosine)">
          <thead>
            <tr>
              <Th>Text</Th>
              {all.map((_, i) => (
                <Th key={i} className="text-right">
                  {i + 1}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {all.map((row, i) => (
              <tr key={i}>
                <Td className="max-w-48 truncate">
                  {i + 1}. {inputs[i]}
                </Td>
                {all.map((column, j) => (
                  <Td key={j} numeric>
                    {cosine(row, column).toFixed(3)}
                  </Td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      <details className="text-sm">
        <summary className="touch flex items-center text-ink-2">The numbers</summary>
        <pre className="mt-2 whitespace-pre-wrap break-all rounded-md bg-raised p-3 text-xs">
          {all.map((vector) => `[${Array.from(vector, (n) => n.toFixed(5)).join(', ')}]`).join('\n')}
        </pre>
      </details>
    </div>
  )
}
