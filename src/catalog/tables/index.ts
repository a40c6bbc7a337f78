export * from './accounts.ts'
export { catalog } from './columns.ts'
export * from './repos.ts'
export * from './service.ts'
