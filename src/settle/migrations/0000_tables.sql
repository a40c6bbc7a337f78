CREATE SCHEMA IF NOT EXISTS "ledger";
--> statement-breakpoint
CREATE TABLE "ledger"."batch_rows" (
	"batch_id" bigint NOT NULL,
	"channel_id" text NOT NULL,
	"model_id" numeric(78, 0) NOT NULL,
	"seq_from" bigint NOT NULL,
	"seq_to" bigint NOT NULL,
	"delta" numeric(78, 0) NOT NULL,
	"spent" numeric(78, 0) NOT NULL,
	"entries" integer NOT NULL,
	"paid" boolean,
	"reason" text,
	CONSTRAINT "batch_rows_batch_id_channel_id_pk" PRIMARY KEY("batch_id","channel_id")
);
--> statement-breakpoint
CREATE TABLE "ledger"."batches" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"state" text NOT NULL,
	"root" text,
	"cid" text,
	"tx" text,
	"gas_used" bigint,
	"created_at" bigint NOT NULL,
	"release" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger"."channels" (
	"channel_id" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"session" text NOT NULL,
	"payer" text NOT NULL,
	"key" text NOT NULL,
	"model_id" numeric(78, 0) NOT NULL,
	"lane" bigint NOT NULL,
	"state" text NOT NULL,
	"close_at" bigint,
	"locked" numeric(78, 0) NOT NULL,
	"claimed" numeric(78, 0) NOT NULL,
	"claimed_seq" bigint NOT NULL,
	"spent" numeric(78, 0) NOT NULL,
	"reserved" numeric(78, 0) NOT NULL,
	"seq" bigint NOT NULL,
	"ceiling" numeric(78, 0) NOT NULL,
	"voucher_n" numeric(78, 0),
	"voucher_context" text,
	"voucher_signature" text,
	"batch_id" bigint,
	CONSTRAINT "covered" CHECK ("ledger"."channels"."spent" + "ledger"."channels"."reserved" <= "ledger"."channels"."ceiling" and "ledger"."channels"."ceiling" <= "ledger"."channels"."locked"),
	CONSTRAINT "claimed_is_spent" CHECK ("ledger"."channels"."claimed" <= "ledger"."channels"."spent" and "ledger"."channels"."claimed_seq" <= "ledger"."channels"."seq"),
	CONSTRAINT "never_negative" CHECK ("ledger"."channels"."reserved" >= 0 and "ledger"."channels"."claimed" >= 0)
);
--> statement-breakpoint
CREATE TABLE "ledger"."jobs" (
	"provider" text NOT NULL,
	"job_id" text NOT NULL,
	"channel_id" text NOT NULL,
	"state" text NOT NULL,
	"context" text NOT NULL,
	"request_hash" text NOT NULL,
	"salt" text NOT NULL,
	"version_root" text NOT NULL,
	"max_fee" numeric(78, 0) NOT NULL,
	"started_at" bigint NOT NULL,
	"engine" text,
	"status" smallint,
	"seq" bigint,
	"fee" numeric(78, 0),
	"spent" numeric(78, 0),
	"units_in" numeric(78, 0),
	"units_out" numeric(78, 0),
	"units_ms" numeric(78, 0),
	"answer_hash" text,
	"finished_at" bigint,
	"failure" text,
	"answer" text,
	"retain_until" bigint,
	CONSTRAINT "jobs_provider_job_id_pk" PRIMARY KEY("provider","job_id"),
	CONSTRAINT "fee_within_quote" CHECK ("ledger"."jobs"."fee" is null or ("ledger"."jobs"."fee" >= 0 and "ledger"."jobs"."fee" <= "ledger"."jobs"."max_fee"))
);
--> statement-breakpoint
CREATE INDEX "batches_unfinished" ON "ledger"."batches" USING btree ("provider") WHERE state <> 'mined';--> statement-breakpoint
CREATE INDEX "channels_provider" ON "ledger"."channels" USING btree ("provider","state");--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_seq" ON "ledger"."jobs" USING btree ("channel_id","seq") WHERE seq is not null;--> statement-breakpoint
CREATE INDEX "jobs_reserved" ON "ledger"."jobs" USING btree ("provider") WHERE state = 'reserved';--> statement-breakpoint
CREATE INDEX "jobs_retained" ON "ledger"."jobs" USING btree ("provider","retain_until") WHERE answer is not null;