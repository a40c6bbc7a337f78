CREATE SCHEMA "catalog";
--> statement-breakpoint
CREATE TABLE "catalog"."accounts" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"name" text NOT NULL,
	"fullname" text DEFAULT '' NOT NULL,
	"email" text,
	"address" text,
	"plan" text DEFAULT 'free' NOT NULL,
	"admin" boolean DEFAULT false NOT NULL,
	"default_visibility" text DEFAULT 'public' NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."blobs" (
	"repo_id" uuid NOT NULL,
	"oid" text NOT NULL,
	"sha256" text NOT NULL,
	"cid" text NOT NULL,
	"size" bigint NOT NULL,
	"lfs" boolean NOT NULL,
	CONSTRAINT "blobs_repo_id_oid_pk" PRIMARY KEY("repo_id","oid")
);
--> statement-breakpoint
CREATE TABLE "catalog"."git_objects" (
	"repo_id" uuid NOT NULL,
	"oid" text NOT NULL,
	"kind" text NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "git_objects_repo_id_oid_pk" PRIMARY KEY("repo_id","oid")
);
--> statement-breakpoint
CREATE TABLE "catalog"."members" (
	"org_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text NOT NULL,
	CONSTRAINT "members_org_id_user_id_pk" PRIMARY KEY("org_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "catalog"."nonces" (
	"nonce" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."refs" (
	"repo_id" uuid NOT NULL,
	"name" text NOT NULL,
	"oid" text NOT NULL,
	CONSTRAINT "refs_repo_id_name_pk" PRIMARY KEY("repo_id","name")
);
--> statement-breakpoint
CREATE TABLE "catalog"."repos" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"key" text NOT NULL,
	"type" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"owner_id" uuid NOT NULL,
	"creator_id" uuid NOT NULL,
	"visibility" text NOT NULL,
	"head" text NOT NULL,
	"card" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"config" jsonb,
	"tags" text[] DEFAULT '{}' NOT NULL,
	"pipeline_tag" text,
	"library_name" text,
	"downloads" integer DEFAULT 0 NOT NULL,
	"likes" integer DEFAULT 0 NOT NULL,
	"used_storage" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"value" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."tokens" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"hash" text NOT NULL,
	"scope" text NOT NULL,
	"repos" text[],
	"spend_cap_micro_usdc" bigint,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "catalog"."uploads" (
	"user_id" uuid NOT NULL,
	"sha256" text NOT NULL,
	"cid" text NOT NULL,
	"size" bigint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "uploads_user_id_sha256_pk" PRIMARY KEY("user_id","sha256")
);
--> statement-breakpoint
CREATE TABLE "catalog"."versions" (
	"repo_id" uuid NOT NULL,
	"root" text NOT NULL,
	"manifest_cid" text NOT NULL,
	"commit" text NOT NULL,
	"parent" text NOT NULL,
	"file_count" integer NOT NULL,
	"tx" text,
	"created_at" timestamp with time zone NOT NULL,
	"anchored_at" timestamp with time zone,
	CONSTRAINT "versions_repo_id_root_pk" PRIMARY KEY("repo_id","root")
);
--> statement-breakpoint
ALTER TABLE "catalog"."blobs" ADD CONSTRAINT "blobs_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."git_objects" ADD CONSTRAINT "git_objects_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."members" ADD CONSTRAINT "members_org_id_accounts_id_fk" FOREIGN KEY ("org_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."members" ADD CONSTRAINT "members_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."refs" ADD CONSTRAINT "refs_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD CONSTRAINT "repos_owner_id_accounts_id_fk" FOREIGN KEY ("owner_id") REFERENCES "catalog"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD CONSTRAINT "repos_creator_id_accounts_id_fk" FOREIGN KEY ("creator_id") REFERENCES "catalog"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."tokens" ADD CONSTRAINT "tokens_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."uploads" ADD CONSTRAINT "uploads_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."versions" ADD CONSTRAINT "versions_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "accounts_key" ON "catalog"."accounts" USING btree ("key");--> statement-breakpoint
CREATE UNIQUE INDEX "accounts_address" ON "catalog"."accounts" USING btree ("address");--> statement-breakpoint
CREATE INDEX "blobs_sha256" ON "catalog"."blobs" USING btree ("sha256");--> statement-breakpoint
CREATE INDEX "blobs_cid" ON "catalog"."blobs" USING btree ("cid");--> statement-breakpoint
CREATE INDEX "members_user" ON "catalog"."members" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "repos_key" ON "catalog"."repos" USING btree ("key");--> statement-breakpoint
CREATE INDEX "repos_owner" ON "catalog"."repos" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "repos_updated" ON "catalog"."repos" USING btree ("type","updated_at");--> statement-breakpoint
CREATE INDEX "repos_tags" ON "catalog"."repos" USING gin ("tags");--> statement-breakpoint
CREATE UNIQUE INDEX "tokens_hash" ON "catalog"."tokens" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "tokens_user" ON "catalog"."tokens" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "versions_commit" ON "catalog"."versions" USING btree ("repo_id","commit");--> statement-breakpoint
CREATE INDEX "versions_manifest" ON "catalog"."versions" USING btree ("manifest_cid");