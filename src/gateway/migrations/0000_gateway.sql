CREATE SCHEMA IF NOT EXISTS "gateway";
--> statement-breakpoint
CREATE TABLE "gateway"."bans" (
	"provider" text PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"evidence" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway"."channels" (
	"channel_id" text PRIMARY KEY NOT NULL,
	"session" text NOT NULL,
	"key" text NOT NULL,
	"payer" text NOT NULL,
	"provider" text NOT NULL,
	"model_id" text NOT NULL,
	"lane" bigint NOT NULL,
	"state" text NOT NULL,
	"locked" bigint NOT NULL,
	"n" bigint NOT NULL,
	"ceiling" bigint NOT NULL,
	"spent" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"voucher" jsonb,
	"receipt" jsonb,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway"."jobs" (
	"job_id" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"channel_id" text,
	"provider" text,
	"offer_hash" text,
	"model" text NOT NULL,
	"state" text NOT NULL,
	"instance" integer NOT NULL,
	"request_hash" text NOT NULL,
	"salt" text NOT NULL,
	"max_fee" bigint NOT NULL,
	"voucher" jsonb,
	"receipt" jsonb,
	"signature" text,
	"seq" bigint,
	"answer" text,
	"retained" boolean NOT NULL,
	"finished_at" bigint
);
--> statement-breakpoint
CREATE TABLE "gateway"."offers" (
	"offer_hash" text PRIMARY KEY NOT NULL,
	"repo" text NOT NULL,
	"offer" jsonb NOT NULL,
	"signature" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway"."sessions" (
	"session" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"payer" text NOT NULL,
	"models" jsonb,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "channels_key" ON "gateway"."channels" USING btree ("key","state");--> statement-breakpoint
CREATE INDEX "channels_session" ON "gateway"."channels" USING btree ("session");--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_channel_seq" ON "gateway"."jobs" USING btree ("channel_id","seq");--> statement-breakpoint
CREATE INDEX "jobs_key_finished" ON "gateway"."jobs" USING btree ("key","finished_at");--> statement-breakpoint
CREATE INDEX "jobs_retained" ON "gateway"."jobs" USING btree ("finished_at") WHERE "gateway"."jobs"."answer" is not null;--> statement-breakpoint
CREATE INDEX "sessions_key" ON "gateway"."sessions" USING btree ("key");