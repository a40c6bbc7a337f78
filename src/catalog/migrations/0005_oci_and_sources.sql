CREATE TABLE "catalog"."oci_documents" (
	"repo_id" uuid NOT NULL,
	"digest" text NOT NULL,
	"part" text NOT NULL,
	"form" text NOT NULL,
	"commit" text NOT NULL,
	"file" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "oci_documents_repo_id_digest_pk" PRIMARY KEY("repo_id","digest")
);
--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "source" jsonb;--> statement-breakpoint
ALTER TABLE "catalog"."oci_documents" ADD CONSTRAINT "oci_documents_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "oci_documents_commit" ON "catalog"."oci_documents" USING btree ("repo_id","commit");