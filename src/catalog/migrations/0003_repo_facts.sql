CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
DROP INDEX "catalog"."repos_updated";--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "facts" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "facts_of" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "file_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "parameters" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "trending" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "repos_created" ON "catalog"."repos" USING btree ("type","created_at","id");--> statement-breakpoint
CREATE INDEX "repos_downloads" ON "catalog"."repos" USING btree ("type","downloads","id");--> statement-breakpoint
CREATE INDEX "repos_likes" ON "catalog"."repos" USING btree ("type","likes","id");--> statement-breakpoint
CREATE INDEX "repos_trending" ON "catalog"."repos" USING btree ("type","trending","id");--> statement-breakpoint
CREATE INDEX "repos_parameters" ON "catalog"."repos" USING btree ("type","parameters","id");--> statement-breakpoint
CREATE INDEX "repos_storage" ON "catalog"."repos" USING btree ("type","used_storage","id");--> statement-breakpoint
CREATE INDEX "repos_pipeline" ON "catalog"."repos" USING btree ("type","pipeline_tag","trending","id");--> statement-breakpoint
CREATE INDEX "repos_author" ON "catalog"."repos" USING btree (lower("namespace"),"type");--> statement-breakpoint
CREATE INDEX "repos_words" ON "catalog"."repos" USING gin (lower("namespace" || '/' || "name") gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "repos_links" ON "catalog"."repos" USING gin ("card" jsonb_path_ops) WHERE type = 'space';--> statement-breakpoint
CREATE INDEX "repos_updated" ON "catalog"."repos" USING btree ("type","updated_at","id");