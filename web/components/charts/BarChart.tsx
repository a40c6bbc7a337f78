import { Table, Td, Th } from '@/components/ui/index.ts'
import { LazyBars } from './LazyBars.tsx'

export type ChartProps = {
  title: string
  /** What the numbers count; `µUSDC` is shown in dollars. */
  unit: string
  series: string[]
  rows: { name: string; values: number[] }[]
}

/** Bars for the eye, and the same numbers as a table for everybody else. */
export const BarChart = (props: ChartProps) => (
  <figure className="panel p-4">
    <figcaption className="mb-2 text-sm font-medium">{props.title}</figcaption>
    <LazyBars {...props} />
    <details className="mt-2 text-sm">
      <summary className="touch inline-flex items-center text-ink-2 hover:text-ink">As a table</summary>
      <div className="mt-2">
        <Table caption={props.title} className="max-h-80 overflow-y-auto">
          <thead>
            <tr>
              <Th>Day</Th>
              {props.series.map((name) => (
                <Th key={name} className="text-right">
                  {name} {props.unit === 'µUSDC' ? '($)' : ''}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.rows.map(({ name, values }) => (
              <tr key={name}>
                <Td>{name}</Td>
                {values.map((value, i) => (
                  <Td key={props.series[i]} numeric>
                    {props.unit === 'µUSDC' ? (value / 1e6).toFixed(6) : value}
                  </Td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </details>
  </figure>
)
