CREATE TABLE "catalog"."lfs_files" (
	"repo_id" uuid NOT NULL,
	"oid" text NOT NULL,
	"path" text NOT NULL,
	"ref" text NOT NULL,
	"pushed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "lfs_files_repo_id_oid_pk" PRIMARY KEY("repo_id","oid")
);
--> statement-breakpoint
ALTER TABLE "catalog"."lfs_files" ADD CONSTRAINT "lfs_files_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;