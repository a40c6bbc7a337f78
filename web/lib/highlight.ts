import 'server-only'
import { createHighlighterCore, type HighlighterCore } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'

const languages: Record<string, string> = {
  ...{ py: 'python', python: 'python', bash: 'shellscript', sh: 'shellscript', shell: 'shellscript' },
  ...{ console: 'shellscript', js: 'javascript', javascript: 'javascript', ts: 'typescript', typescript: 'typescript' },
  ...{ json: 'json', yaml: 'yaml', yml: 'yaml', diff: 'diff', patch: 'diff', toml: 'toml', html: 'html', css: 'css' },
}

/** Longer code is shown without colours. */
const maxCode = 40_000

let made: Promise<HighlighterCore> | undefined

const highlighter = () => {
  made ??= createHighlighterCore({
    themes: [
      import('shiki/themes/github-light-high-contrast.mjs'),
      import('shiki/themes/github-dark-high-contrast.mjs'),
    ],
    langs: [
      import('shiki/langs/python.mjs'),
      import('shiki/langs/shellscript.mjs'),
      import('shiki/langs/javascript.mjs'),
      import('shiki/langs/typescript.mjs'),
      import('shiki/langs/json.mjs'),
      import('shiki/langs/yaml.mjs'),
      import('shiki/langs/diff.mjs'),
      import('shiki/langs/toml.mjs'),
      import('shiki/langs/html.mjs'),
      import('shiki/langs/css.mjs'),
    ],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  })
  return made
}

/** HTML of code in the colours of both themes; undefined for what has no colours. */
export const highlighted = async (code: string, language: string): Promise<string | undefined> => {
  const lang = languages[language.toLowerCase()]
  if (lang === undefined || code.length > maxCode) return undefined
  return (await highlighter()).codeToHtml(code, {
    lang,
    themes: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    defaultColor: 'light-dark()',
  })
}

/** The language of a file by its name. */
export const languageOf = (path: string): string => {
  const end = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  return end === 'md' ? 'text' : end
}
