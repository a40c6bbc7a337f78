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
ALTER TABLE "gateway"."channels" ADD COLUMN "close_request" jsonb;--> statement-breakpoint
ALTER TABLE "gateway"."channels" ADD COLUMN "close_tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "gateway"."channels" ADD COLUMN "close_due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "gateway"."channels" ADD COLUMN "closed_since" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "serving_repo" ON "gateway"."serving" USING btree ("repo");--> statement-breakpoint
CREATE INDEX "channels_retiring" ON "gateway"."channels" USING btree ("close_due_at") WHERE "gateway"."channels"."state" = 'retiring';--> statement-breakpoint
CREATE INDEX "channels_open" ON "gateway"."channels" USING btree ("updated_at") WHERE "gateway"."channels"."state" = 'open';