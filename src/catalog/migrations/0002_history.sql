CREATE TABLE "catalog"."discussion_events" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"position" bigserial NOT NULL,
	"discussion_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"author_id" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"data" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."discussions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"repo_id" uuid NOT NULL,
	"num" integer NOT NULL,
	"title" text NOT NULL,
	"status" text NOT NULL,
	"is_pull_request" boolean NOT NULL,
	"author_id" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"merge_commit" text
);
--> statement-breakpoint
CREATE TABLE "catalog"."commits" (
	"repo_id" uuid NOT NULL,
	"oid" text NOT NULL,
	"tree" text NOT NULL,
	"parents" text[] NOT NULL,
	"at" bigint NOT NULL,
	"generation" integer NOT NULL,
	"linear" boolean NOT NULL,
	CONSTRAINT "commits_repo_id_oid_pk" PRIMARY KEY("repo_id","oid")
);
--> statement-breakpoint
CREATE TABLE "catalog"."deliveries" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"webhook_id" uuid NOT NULL,
	"payload" jsonb NOT NULL,
	"status" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"response_status" integer,
	"problem" text,
	"created_at" timestamp with time zone NOT NULL,
	"attempted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "catalog"."webhooks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"url" text NOT NULL,
	"watched" text[] NOT NULL,
	"domains" text[] NOT NULL,
	"secret" text,
	"disabled" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "catalog"."refs" ADD COLUMN "tag_oid" text;--> statement-breakpoint
ALTER TABLE "catalog"."discussion_events" ADD CONSTRAINT "discussion_events_discussion_id_discussions_id_fk" FOREIGN KEY ("discussion_id") REFERENCES "catalog"."discussions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."discussion_events" ADD CONSTRAINT "discussion_events_author_id_accounts_id_fk" FOREIGN KEY ("author_id") REFERENCES "catalog"."accounts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."discussions" ADD CONSTRAINT "discussions_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."discussions" ADD CONSTRAINT "discussions_author_id_accounts_id_fk" FOREIGN KEY ("author_id") REFERENCES "catalog"."accounts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."commits" ADD CONSTRAINT "commits_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."deliveries" ADD CONSTRAINT "deliveries_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "catalog"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."webhooks" ADD CONSTRAINT "webhooks_owner_id_accounts_id_fk" FOREIGN KEY ("owner_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "discussion_events_order" ON "catalog"."discussion_events" USING btree ("discussion_id","position");--> statement-breakpoint
CREATE UNIQUE INDEX "discussions_num" ON "catalog"."discussions" USING btree ("repo_id","num");--> statement-breakpoint
CREATE INDEX "discussions_author" ON "catalog"."discussions" USING btree ("author_id");--> statement-breakpoint
CREATE INDEX "commits_tree" ON "catalog"."commits" USING btree ("repo_id","tree");--> statement-breakpoint
CREATE INDEX "deliveries_webhook" ON "catalog"."deliveries" USING btree ("webhook_id","created_at");--> statement-breakpoint
CREATE INDEX "deliveries_pending" ON "catalog"."deliveries" USING btree ("created_at") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "webhooks_owner" ON "catalog"."webhooks" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "webhooks_watched" ON "catalog"."webhooks" USING gin ("watched");--> statement-breakpoint
INSERT INTO "catalog"."commits" ("repo_id", "oid", "tree", "parents", "at", "generation", "linear")
WITH RECURSIVE "texts" AS (
	SELECT "repo_id", "oid", convert_from("bytes", 'UTF8') AS "text" FROM "catalog"."git_objects" WHERE "kind" = 'commit'
), "facts" AS (
	SELECT "repo_id", "oid", substring("text" from '^tree ([0-9a-f]{40})') AS "tree",
		substring("text" from '^tree [0-9a-f]{40}\nparent ([0-9a-f]{40})') AS "parent",
		substring("text" from '\nauthor [^\n]*> ([0-9]+) ')::bigint AS "at"
	FROM "texts"
), "line" AS (
	SELECT *, 1 AS "generation" FROM "facts" WHERE "parent" IS NULL
	UNION ALL
	SELECT "facts".*, "line"."generation" + 1 FROM "line"
	JOIN "facts" ON "facts"."repo_id" = "line"."repo_id" AND "facts"."parent" = "line"."oid"
)
SELECT "repo_id", "oid", "tree", CASE WHEN "parent" IS NULL THEN '{}' ELSE ARRAY["parent"] END, "at", "generation", true FROM "line";
