import { execFile } from 'node:child_process'
import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * How an engine is shut in, strongest first: `bwrap` own namespaces, no network, sees only its files; `uid` a user of
 * its own; `userns` own namespaces, but the files of this user; `none` resource limits only.
 */
export type Kind = 'bwrap' | 'uid' | 'userns' | 'none'

/** What the sandbox of this machine keeps from a model, and why it is not a stronger one. */
export type Report = {
  kind: Kind
  why: string
  /** No socket to anywhere. */
  hidesNetwork: boolean
  /** No file but the model, Node and its libraries. */
  hidesFiles: boolean
  /** Memory, processes and file sizes are capped by the kernel. */
  limitsMemory: boolean
}

/** What a sandboxed process may use. */
export type Limits = { memoryBytes: number; cpuSeconds?: number | undefined }

/** A program to start without a shell. */
export type Command = { file: string; args: string[]; env: Record<string, string> }

/** What runs inside: a plain JavaScript file, and the model's folder, which is `modelPath` for it. */
export type Inside = { entry: string; modelDir: string; limits: Limits }

/** The model's folder as the process in a sandbox of this kind sees it. */
export const modelPath = (kind: Kind, modelDir: string): string => (kind === 'bwrap' ? '/model' : modelDir)

/**
 * Finds the strongest sandbox that works here by trying each; with `want` other than `auto`, only that one.
 * `why` is a sentence for `dehug doctor`.
 */
export async function probe(options: { want?: Kind | 'auto'; bwrap?: string } = {}): Promise<Report> {
  const { want = 'auto', bwrap = 'bwrap' } = options
  const kinds: Kind[] = want === 'auto' ? ['bwrap', 'uid', 'userns'] : [want]
  const failures: string[] = []
  if (process.platform !== 'linux') failures.push('sandboxes need Linux')
  for (const kind of process.platform === 'linux' ? kinds : []) {
    const outcomes = await Promise.all(variants[kind].map((variant) => trial(variant, bwrap)))
    const works = outcomes.indexOf(undefined)
    if (works >= 0)
      return { ...(variants[kind][works] as Variant), why: why(variants[kind][works] as Variant, failures) }
    failures.push(`${kind}: ${outcomes.at(-1)}`)
  }
  const limitsMemory = process.platform === 'linux' && (await trial(bare, bwrap)) === undefined
  return { ...bare, limitsMemory, why: why(bare, failures) }
}

type Variant = Omit<Report, 'why'>

const bare: Variant = { kind: 'none', hidesNetwork: false, hidesFiles: false, limitsMemory: true }

/** What to try for each kind, best first: a user of its own gets a network of its own where the system lets root do that. */
const variants: Record<Kind, Variant[]> = {
  bwrap: [{ kind: 'bwrap', hidesNetwork: true, hidesFiles: true, limitsMemory: true }],
  uid: [true, false].map((hidesNetwork) => ({ kind: 'uid', hidesNetwork, hidesFiles: false, limitsMemory: true })),
  userns: [{ kind: 'userns', hidesNetwork: true, hidesFiles: false, limitsMemory: true }],
  none: [bare],
}

const sentences: Record<Kind, string> = {
  bwrap: 'Models run under bubblewrap: no network, no files but their own, memory capped.',
  uid: 'Models run as a user of their own with capped memory, but they can read world-readable files.',
  userns: 'Models run without network and with capped memory, but they can read the files of this user.',
  none: 'Models run as this user with its files and network.',
}

function why({ kind, hidesNetwork }: Variant, failures: string[]): string {
  if (kind === 'bwrap') return sentences.bwrap
  const reason = failures.length > 0 ? ` Stronger ones do not work here (${failures.join('; ')}).` : ''
  const network = hidesNetwork || kind === 'none' ? '' : ' They can reach the network.'
  return `${sentences[kind]}${network}${reason} Install bubblewrap ("apt-get install bubblewrap") for full isolation.`
}

/** Why a sandbox of this kind does not work here, or undefined when it does. */
async function trial(variant: Variant, bwrap: string): Promise<string | undefined> {
  if (variant.kind === 'uid' && process.getuid?.() !== 0) return 'needs root'
  const inside = { entry: childEntry, modelDir: path.dirname(childEntry), limits: { memoryBytes: 2 ** 30 } }
  const { file, args, env } = command(variant, inside, { bwrap, program: ['/usr/bin/test', '-r', childEntry] })
  try {
    await run(file, args, { env, timeout: 10_000 })
    return undefined
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') return `${path.basename(file)} is not installed`
    return (stderr?.trim().split('\n').at(-1) || `ended with ${code}`).slice(0, 200)
  }
}

/** The program that an engine runs. */
export const childEntry = fileURLToPath(new URL('child/main.mjs', import.meta.url))

/** The command line that runs `inside` in a sandbox that `probe` found. */
export function command(
  { kind, hidesNetwork }: Pick<Report, 'kind' | 'hidesNetwork'>,
  inside: Inside,
  options: { bwrap?: string; program?: string[] } = {},
): Command {
  const program = ['prlimit', ...limitFlags(inside.limits), '--', ...(options.program ?? nodeProgram(inside))]
  if (kind === 'bwrap') {
    const args = [...bwrapFlags(inside), ...Object.entries(environment).flatMap(([k, v]) => ['--setenv', k, v]), '--']
    return { file: options.bwrap ?? 'bwrap', args: [...args, ...program], env: environment }
  }
  const [file = '', ...args] = [...wrappers[kind](hidesNetwork), ...program]
  return { file, args, env: environment }
}

const wrappers: Record<Exclude<Kind, 'bwrap'>, (hidesNetwork: boolean) => string[]> = {
  uid: (hidesNetwork) => [...(hidesNetwork ? ['unshare', '--net', '--ipc', '--'] : []), ...asUser(nextUid())],
  userns: () => ['unshare', '--user', '--map-current-user', '--net', '--ipc', '--', 'setpriv', ...powerless, '--'],
  none: () => ['setpriv', ...mortal, '--'],
}

const mortal = ['--pdeathsig', 'KILL', '--no-new-privs']
const powerless = [...mortal, '--bounding-set=-all', '--inh-caps=-all']
const asUser = (uid: number): string[] => [
  ...['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', ...powerless, '--'],
]

let uidsGiven = 0
/** A user id nobody else has (the range systemd reserves for dynamic users), another one for each engine. */
function nextUid(): number {
  uidsGiven += 1
  return 61_184 + ((process.pid * 64 + uidsGiven) % 4_336)
}

const environment = {
  PATH: '/usr/bin:/bin',
  LANG: 'C.UTF-8',
  ORT_DISABLE_TELEMETRY: '1',
  UV_THREADPOOL_SIZE: '2',
  VIPS_CONCURRENCY: '1',
  MALLOC_ARENA_MAX: '2',
}

// Node and ONNX Runtime reserve far more address space than they use, so what counts is the data limit.
const spareAddressSpace = 16 * 2 ** 30

function limitFlags({ memoryBytes, cpuSeconds }: Limits): string[] {
  const flags = [`--data=${memoryBytes}`, `--as=${memoryBytes + spareAddressSpace}`, '--fsize=0', '--core=0']
  return [...flags, '--nproc=128', '--nofile=256', ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`])]
}

function nodeProgram({ entry, limits }: Inside): string[] {
  const heapMiB = Math.max(64, Math.floor(limits.memoryBytes / 2 ** 21))
  const flags = ['--disable-wasm-trap-handler', '--disallow-code-generation-from-strings', '--v8-pool-size=1']
  return [process.execPath, ...flags, '--no-warnings', `--max-old-space-size=${heapMiB}`, entry]
}

function bwrapFlags({ entry, modelDir }: Inside): string[] {
  return [
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    ...['--ro-bind', '/usr', '/usr', ...['/bin', '/lib', '/lib32', '/lib64'].flatMap(systemDir)],
    ...['/etc/ld.so.cache', '/sys/devices/system/cpu'].flatMap((file) => ['--ro-bind-try', file, file]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...[...codePaths(entry), process.execPath].filter((file) => !file.startsWith('/usr/')).flatMap(readOnly),
    ...['--ro-bind', modelDir, '/model', '--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/'],
  ]
}

const readOnly = (file: string): string[] => ['--ro-bind', file, file]

/** `/lib` and the like: links into `/usr` on most systems, folders on others. */
function systemDir(dir: string): string[] {
  if (!existsSync(dir)) return []
  return lstatSync(dir).isSymbolicLink() ? ['--symlink', readlinkSync(dir), dir] : readOnly(dir)
}

/** The child's own files and the `node_modules` that its libraries come from. */
function codePaths(entry: string): string[] {
  const library = fileURLToPath(import.meta.resolve('@huggingface/transformers'))
  const marker = `${path.sep}node_modules${path.sep}`
  const libraries = library.slice(0, library.indexOf(marker) + marker.length - 1)
  return [...new Set([libraries, path.dirname(childEntry), path.dirname(entry)])]
}
