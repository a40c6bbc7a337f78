ALTER TABLE "gateway"."channels" ADD COLUMN "close_request" jsonb;--> statement-breakpoint
ALTER TABLE "gateway"."channels" ADD COLUMN "close_tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "gateway"."channels" ADD COLUMN "close_due_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "channels_retiring" ON "gateway"."channels" USING btree ("close_due_at") WHERE "gateway"."channels"."state" = 'retiring';--> statement-breakpoint
CREATE INDEX "channels_open" ON "gateway"."channels" USING btree ("updated_at") WHERE "gateway"."channels"."state" = 'open';