import { compile } from './Gitattributes.ts'

/** Reads a .gitignore text: whether a file would be ignored. Source: gitignore(5). */
export const ignoreRule = (text: string): ((path: string) => boolean) => {
  const rules = text.split(/\r?\n/).flatMap((raw) => {
    const line = raw.replace(/(?<!\\) +$/, '')
    if (line === '' || line.startsWith('#')) return []
    const negated = line.startsWith('!')
    const body = (negated ? line.slice(1) : line).replace(/^\\(?=[#!])/, '')
    const folderOnly = body.endsWith('/')
    return [{ matches: compile(folderOnly ? body.slice(0, -1) : body), negated, folderOnly }]
  })
  const judge = (path: string, isFolder: boolean): boolean | undefined => {
    const rule = rules.findLast((candidate) => (isFolder || !candidate.folderOnly) && candidate.matches(path))
    return rule && !rule.negated
  }
  return (path) => {
    const parts = path.split('/')
    // What lies in an ignored folder cannot be taken back in.
    for (let depth = 1; depth < parts.length; depth += 1) {
      if (judge(parts.slice(0, depth).join('/'), true)) return true
    }
    return judge(path, false) ?? false
  }
}
