CREATE TABLE "catalog"."search" (
	"repo_id" uuid PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"is_public" boolean NOT NULL,
	"words" "tsvector" NOT NULL,
	"facets" text[] NOT NULL,
	"labels" text[] NOT NULL,
	"text" text DEFAULT '' NOT NULL,
	"vector" "bytea",
	"vector_of" text
);
--> statement-breakpoint
ALTER TABLE "catalog"."search" ADD CONSTRAINT "search_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "search_words" ON "catalog"."search" USING gin ("words","facets","labels") WITH (fastupdate=off);