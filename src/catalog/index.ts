export { type EmbeddedPostgres, PostgresNotStarted, type PostgresOptions, startPostgres } from './embedded-postgres.ts'
