CREATE TABLE "gateway"."serving" (
	"provider" text NOT NULL,
	"repo" text NOT NULL,
	"task" text NOT NULL,
	"url" text NOT NULL,
	"offer" jsonb NOT NULL,
	"valid_until" timestamp with time zone NOT NULL,
	CONSTRAINT "serving_provider_repo_pk" PRIMARY KEY("provider","repo")
);
--> statement-breakpoint
CREATE INDEX "serving_repo" ON "gateway"."serving" USING btree ("repo");