CREATE TABLE "catalog"."evaluations" (
	"repo_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"root" text NOT NULL,
	"commit" text NOT NULL,
	"task" text NOT NULL,
	"dataset" text NOT NULL,
	"dataset_sha256" text,
	"metric" text NOT NULL,
	"value" double precision NOT NULL,
	"author" text NOT NULL,
	"anchored_at" timestamp with time zone NOT NULL,
	CONSTRAINT "evaluations_repo_id_position_pk" PRIMARY KEY("repo_id","position")
);
--> statement-breakpoint
ALTER TABLE "catalog"."evaluations" ADD CONSTRAINT "evaluations_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "evaluations_of" ON "catalog"."evaluations" USING btree ("dataset","metric");