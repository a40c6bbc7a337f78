import { Badge, Bytes, Table, Td, Th } from '@/components/ui/index.ts'
import { compact, integer } from '@/lib/format.ts'
import type { Tensor, WeightFacts } from '@/lib/Safetensors.ts'

/** More rows make the page slow; the file itself lists the rest. */
const maxRows = 1000

const count = ({ shape }: Tensor) => shape.reduce((product, size) => product * size, 1)

/** What a file of weights says about itself. */
export const Tensors = ({ facts: { tensors, metadata, truncated } }: { facts: WeightFacts }) => {
  const total = tensors.reduce((sum, tensor) => sum + count(tensor), 0)
  const dtypes = new Map<string, number>()
  for (const { dtype } of tensors) dtypes.set(dtype, (dtypes.get(dtype) ?? 0) + 1)
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-center gap-3 text-sm">
        <p className="num">
          <strong>{integer(tensors.length)}</strong> tensors, <strong title={integer(total)}>{compact(total)}</strong>{' '}
          parameters
        </p>
        {[...dtypes].map(([dtype, tensors]) => (
          <Badge key={dtype}>
            {dtype} × {tensors}
          </Badge>
        ))}
        {truncated && <Badge tone="warn">Only the beginning was read</Badge>}
      </div>
      <Table caption="Tensors" className="max-h-[36rem] overflow-y-auto">
        <thead className="sticky top-0">
          <tr>
            <Th>Name</Th>
            <Th>Shape</Th>
            <Th>Type</Th>
            <Th className="text-right">Parameters</Th>
            <Th className="text-right">Size</Th>
          </tr>
        </thead>
        <tbody>
          {tensors.slice(0, maxRows).map((tensor) => (
            <tr key={tensor.name}>
              <Td className="font-mono text-[0.8125rem]">{tensor.name}</Td>
              <Td className="num whitespace-nowrap">[{tensor.shape.join(', ')}]</Td>
              <Td>{tensor.dtype}</Td>
              <Td numeric>{integer(count(tensor))}</Td>
              <Td numeric>{tensor.bytes === null ? '–' : <Bytes size={tensor.bytes} />}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
      {tensors.length > maxRows && (
        <p className="text-sm text-ink-2">
          The first {integer(maxRows)} of {integer(tensors.length)}.
        </p>
      )}
      {metadata.length > 0 && <Metadata metadata={metadata} />}
    </div>
  )
}

const Metadata = ({ metadata }: { metadata: [string, string][] }) => (
  <div>
    <h2 className="mb-2 font-semibold">Metadata</h2>
    <Table caption="Metadata">
      <tbody>
        {metadata.map(([key, value]) => (
          <tr key={key}>
            <th
              scope="row"
              className="whitespace-nowrap border-b border-line px-3 py-2 text-left font-mono text-[0.8125rem] font-normal text-ink-2"
            >
              {key}
            </th>
            <Td className="[overflow-wrap:anywhere]">{value}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  </div>
)
