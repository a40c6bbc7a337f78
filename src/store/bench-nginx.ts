import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A static file server to measure against; `root` is the folder that it serves and takes uploads into. */
export type Nginx = { url: string; root: string; stop(): void }

/** Whether this machine has what the comparison needs. */
export function hasNginx(): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v nginx && command -v curl'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts nginx over `dir`/www; `server` are further directives of its server block. */
export async function startNginx(dir: string, server = ''): Promise<Nginx> {
  const root = join(dir, 'www')
  await mkdir(root, { recursive: true })
  const port = await freePort()
  const config = `daemon off; pid ${dir}/nginx.pid; error_log stderr crit; ${process.getuid?.() === 0 ? 'user root;' : ''}
    events {} http { access_log off; sendfile on; client_max_body_size 0; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p;
    fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
    server { listen 127.0.0.1:${port}; root ${root}; dav_methods PUT; ${server} } }`
  await writeFile(join(dir, 'nginx.conf'), config)
  const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: 'inherit' })
  const url = `http://127.0.0.1:${port}`
  while ((await fetch(url).catch(() => undefined)) === undefined && child.exitCode === null)
    await new Promise(setImmediate)
  return { url, root, stop: () => child.kill('SIGTERM') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
