DROP INDEX "catalog"."repos_author";--> statement-breakpoint
CREATE INDEX "repos_author" ON "catalog"."repos" USING btree (lower("namespace"),"type","trending","id");