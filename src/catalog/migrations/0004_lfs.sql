CREATE TABLE "catalog"."lfs_locks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"repo_id" uuid NOT NULL,
	"path" text NOT NULL,
	"owner_id" uuid NOT NULL,
	"locked_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "catalog"."lfs_locks" ADD CONSTRAINT "lfs_locks_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."lfs_locks" ADD CONSTRAINT "lfs_locks_owner_id_accounts_id_fk" FOREIGN KEY ("owner_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "lfs_locks_path" ON "catalog"."lfs_locks" USING btree ("repo_id","path");--> statement-breakpoint
CREATE INDEX "lfs_locks_owner" ON "catalog"."lfs_locks" USING btree ("owner_id");