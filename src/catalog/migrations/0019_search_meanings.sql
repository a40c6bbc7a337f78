CREATE TABLE "catalog"."search_vectors" (
	"repo_id" uuid PRIMARY KEY NOT NULL,
	"wanted" integer DEFAULT 1 NOT NULL,
	"made" integer DEFAULT 0 NOT NULL,
	"model" text DEFAULT '' NOT NULL,
	"vector" "bytea",
	"changed" "xid8" DEFAULT pg_current_xact_id() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "catalog"."search_vectors" ADD CONSTRAINT "search_vectors_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "search_vectors_changed" ON "catalog"."search_vectors" USING btree ("changed");--> statement-breakpoint
CREATE INDEX "search_vectors_missing" ON "catalog"."search_vectors" USING btree ("repo_id") WHERE made <> wanted;