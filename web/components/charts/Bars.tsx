'use client'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { ChartProps } from './BarChart.tsx'

const colors = ['var(--chart-1)', 'var(--chart-2)', 'var(--chart-3)', 'var(--chart-4)', 'var(--chart-5)']
const axis = { fontSize: 12, fill: 'var(--ink-3)' }

/** Stacked bars; what they say stands in the table beside them. */
export const Bars = ({ unit, series, rows, title }: ChartProps) => {
  const show = (value: unknown) => (unit === 'µUSDC' ? `$${(Number(value) / 1e6).toFixed(4)}` : String(value))
  const data = rows.map(({ name, values }) => ({
    name,
    ...Object.fromEntries(series.map((key, i) => [key, values[i]])),
  }))
  return (
    <div className="h-48" role="img" aria-label={`${title}; the numbers are in the table below`}>
      <ResponsiveContainer width="100%" height="100%">
        <BarChart data={data} accessibilityLayer={false} margin={{ top: 4, right: 4, bottom: 0, left: 0 }}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis dataKey="name" tick={axis} tickLine={false} axisLine={false} minTickGap={24} />
          <YAxis
            tick={axis}
            tickLine={false}
            axisLine={false}
            width={64}
            tickFormatter={show}
            allowDecimals={unit === 'µUSDC'}
          />
          <Tooltip
            cursor={{ fill: 'var(--raised)' }}
            formatter={(value) => show(value)}
            contentStyle={{
              background: 'var(--surface)',
              border: '1px solid var(--line)',
              borderRadius: 6,
              fontSize: 12,
            }}
          />
          {series.map((key, i) => (
            <Bar
              key={key}
              dataKey={key}
              stackId="all"
              maxBarSize={48}
              fill={colors[i % colors.length]}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  )
}
