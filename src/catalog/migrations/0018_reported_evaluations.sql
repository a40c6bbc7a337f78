ALTER TABLE "catalog"."evaluations" RENAME COLUMN "anchored_at" TO "stated_at";--> statement-breakpoint
ALTER TABLE "catalog"."evaluations" ALTER COLUMN "root" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "catalog"."evaluations" ALTER COLUMN "author" DROP NOT NULL;--> statement-breakpoint
-- All there were came from manifests.
ALTER TABLE "catalog"."evaluations" ADD COLUMN "source" text NOT NULL DEFAULT 'manifest';--> statement-breakpoint
ALTER TABLE "catalog"."evaluations" ALTER COLUMN "source" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "catalog"."evaluations" DROP CONSTRAINT "evaluations_repo_id_position_pk";--> statement-breakpoint
ALTER TABLE "catalog"."evaluations" ADD CONSTRAINT "evaluations_repo_id_source_position_pk" PRIMARY KEY("repo_id","source","position");--> statement-breakpoint
-- Cards of repositories from before are read again when somebody asks for them.
UPDATE "catalog"."repos" SET "facts_of" = '' WHERE "type" = 'model' AND "card" ? 'model-index';--> statement-breakpoint
CREATE INDEX "likes_created" ON "catalog"."likes" USING btree ("created_at");
