import dagre from '@dagrejs/dagre'
import { percent } from '@/lib/format.ts'
import { idOfKey, pageOfKey } from '@/lib/repo-path.ts'
import type { Lineage } from '@/lib/types.ts'

const box = { width: 210, height: 50 }

type Placed = { x: number; y: number }

const layout = ({ nodes, edges }: Lineage) => {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 110, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { repo } of nodes) graph.setNode(repo, { ...box })
  edges.forEach(({ parent, child }, i) => {
    if (graph.hasNode(parent) && graph.hasNode(child)) graph.setEdge(parent, child, {}, String(i))
  })
  dagre.layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return { width, height, at: (repo: string): Placed | undefined => graph.node(repo) as Placed | undefined }
}

/** Parents to the left, children to the right; the table below it says the same in words. */
export const LineageGraph = ({ lineage }: { lineage: Lineage }) => {
  const { width, height, at } = layout(lineage)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section aria-label="Lineage graph" tabIndex={0} className="panel overflow-auto p-2">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} className="mx-auto max-w-none">
        <title>Lineage: what it was made from to the left, what was made from it to the right</title>
        {lineage.edges.map((edge, i) => (
          <Edge key={`${edge.parent} ${edge.child} ${i}`} edge={edge} from={at(edge.parent)} to={at(edge.child)} />
        ))}
        {lineage.nodes.map((node) => (
          <Node key={node.repo} node={node} at={at(node.repo)} isSelf={node.repo === lineage.self} />
        ))}
      </svg>
    </section>
  )
}

type EdgeProps = { edge: Lineage['edges'][number]; from: Placed | undefined; to: Placed | undefined }

const colors = { allowed: 'var(--line-strong)', unclear: 'var(--warn)', denied: 'var(--bad)' }

const Edge = ({ edge, from, to }: EdgeProps) => {
  if (!from || !to) return null
  const [x1, x2] = [from.x + box.width / 2, to.x - box.width / 2]
  const middle = (x1 + x2) / 2
  return (
    <g fill="none">
      <path
        d={`M${x1} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${x2} ${to.y}`}
        stroke={colors[edge.verdict]}
        strokeWidth="1.5"
        strokeDasharray={edge.source === 'card' ? '4 3' : undefined}
      />
      <text x={middle} y={(from.y + to.y) / 2 - 5} textAnchor="middle" fontSize="11" fill="var(--ink-2)">
        {edge.relation}
        {edge.forkBps ? ` ${percent(edge.forkBps)}` : ''}
      </text>
    </g>
  )
}

const cut = (text: string, max: number) => (text.length > max ? `${text.slice(0, max - 1)}…` : text)

const Node = ({ node, at, isSelf }: { node: Lineage['nodes'][number]; at: Placed | undefined; isSelf: boolean }) => {
  if (!at) return null
  const [x, y] = [at.x - box.width / 2, at.y - box.height / 2]
  const [author = '', name = ''] = idOfKey(node.repo).split('/')
  const page = node.known && !isSelf ? pageOfKey(node.repo) : undefined
  const shape = (
    <>
      <rect
        {...{ x, y, ...box }}
        rx="6"
        fill={isSelf ? 'var(--accent-soft)' : 'var(--surface)'}
        stroke={isSelf ? 'var(--accent)' : 'var(--line-strong)'}
        strokeDasharray={node.known ? undefined : '4 3'}
      />
      <text x={x + 12} y={y + 21} fontSize="13" fontWeight="600" fill="var(--ink)">
        {cut(name, 24)}
      </text>
      <text x={x + 12} y={y + 38} fontSize="11" fill="var(--ink-2)">
        {cut([author, node.license].filter(Boolean).join(' · '), 32)}
      </text>
    </>
  )
  return page ? <a href={page}>{shape}</a> : <g>{shape}</g>
}
