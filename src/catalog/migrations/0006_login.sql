CREATE TABLE "catalog"."attempts" (
	"subject" text NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "attempts_subject_window_start_pk" PRIMARY KEY("subject","window_start")
);
--> statement-breakpoint
CREATE TABLE "catalog"."delegations" (
	"repo_id" uuid PRIMARY KEY NOT NULL,
	"delegate" text NOT NULL,
	"owner_epoch" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"anchored_head" text,
	"leased_until" timestamp with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp with time zone,
	"last_error" text,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."device_codes" (
	"hash" text PRIMARY KEY NOT NULL,
	"user_code" text NOT NULL,
	"client_id" text NOT NULL,
	"scopes" text[] NOT NULL,
	"status" text NOT NULL,
	"user_id" uuid,
	"interval_seconds" integer NOT NULL,
	"polled_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."oauth_apps" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"redirect_uris" text[] NOT NULL,
	"scopes" text[] NOT NULL,
	"secret_hash" text,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."oauth_codes" (
	"hash" text PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"user_id" uuid NOT NULL,
	"redirect_uri" text NOT NULL,
	"scopes" text[] NOT NULL,
	"challenge" text,
	"nonce" text,
	"grant_id" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "catalog"."oauth_consents" (
	"user_id" uuid NOT NULL,
	"client_id" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "oauth_consents_user_id_client_id_pk" PRIMARY KEY("user_id","client_id")
);
--> statement-breakpoint
CREATE TABLE "catalog"."oauth_grants" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"client_id" text NOT NULL,
	"user_id" uuid NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "catalog"."oauth_refresh_tokens" (
	"hash" text PRIMARY KEY NOT NULL,
	"grant_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "catalog"."sessions" (
	"hash" text PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "catalog"."tokens" ADD COLUMN "rights" jsonb;--> statement-breakpoint
ALTER TABLE "catalog"."tokens" ADD COLUMN "grant_id" uuid;--> statement-breakpoint
ALTER TABLE "catalog"."tokens" ADD COLUMN "last_used_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "catalog"."delegations" ADD CONSTRAINT "delegations_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."device_codes" ADD CONSTRAINT "device_codes_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."oauth_apps" ADD CONSTRAINT "oauth_apps_owner_id_accounts_id_fk" FOREIGN KEY ("owner_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."oauth_codes" ADD CONSTRAINT "oauth_codes_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."oauth_codes" ADD CONSTRAINT "oauth_codes_grant_id_oauth_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "catalog"."oauth_grants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."oauth_consents" ADD CONSTRAINT "oauth_consents_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."oauth_grants" ADD CONSTRAINT "oauth_grants_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."oauth_refresh_tokens" ADD CONSTRAINT "oauth_refresh_tokens_grant_id_oauth_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "catalog"."oauth_grants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."sessions" ADD CONSTRAINT "sessions_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attempts_window" ON "catalog"."attempts" USING btree ("window_start");--> statement-breakpoint
CREATE INDEX "delegations_retry" ON "catalog"."delegations" USING btree ("retry_at");--> statement-breakpoint
CREATE UNIQUE INDEX "device_codes_user_code" ON "catalog"."device_codes" USING btree ("user_code");--> statement-breakpoint
CREATE INDEX "device_codes_expires" ON "catalog"."device_codes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "oauth_apps_owner" ON "catalog"."oauth_apps" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "oauth_codes_expires" ON "catalog"."oauth_codes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "oauth_grants_user" ON "catalog"."oauth_grants" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "oauth_refresh_grant" ON "catalog"."oauth_refresh_tokens" USING btree ("grant_id");--> statement-breakpoint
CREATE INDEX "sessions_expires" ON "catalog"."sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "catalog"."sessions" USING btree ("user_id");--> statement-breakpoint
ALTER TABLE "catalog"."tokens" ADD CONSTRAINT "tokens_grant_id_oauth_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "catalog"."oauth_grants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tokens_grant" ON "catalog"."tokens" USING btree ("grant_id");