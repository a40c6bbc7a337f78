/** Modules of the child are plain JavaScript without declarations; tests take them untyped. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export const importChild = (name: string): Promise<any> => import(new URL(`../child/${name}`, import.meta.url).href)
