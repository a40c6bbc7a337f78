import { buttonClass } from '@/components/ui/index.ts'

/** Narrows evaluations; a plain form. */
export const EvalFilters = ({ values }: { values: Record<string, string | undefined> }) => (
  <form action="/leaderboards" className="mb-4 flex flex-wrap items-end gap-2 text-sm">
    <input type="hidden" name="kind" value="evals" />
    {['task', 'dataset', 'metric'].map((name) => (
      <label key={name} className="flex flex-col gap-1">
        <span className="text-xs text-ink-3">{name.charAt(0).toUpperCase() + name.slice(1)}</span>
        <input name={name} defaultValue={values[name]} className="field !w-44" />
      </label>
    ))}
    <button type="submit" className={buttonClass()}>
      Show
    </button>
  </form>
)
