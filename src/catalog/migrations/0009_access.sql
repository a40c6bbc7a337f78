CREATE TABLE "catalog"."access_requests" (
	"repo_id" uuid NOT NULL,
	"account_id" uuid NOT NULL,
	"status" text NOT NULL,
	"fields" jsonb,
	"reason" text,
	"created_at" timestamp with time zone NOT NULL,
	"decided_at" timestamp with time zone,
	"decided_by" uuid,
	CONSTRAINT "access_requests_repo_id_account_id_pk" PRIMARY KEY("repo_id","account_id")
);
--> statement-breakpoint
CREATE TABLE "catalog"."collection_items" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"collection_id" uuid NOT NULL,
	"type" text NOT NULL,
	"target" text NOT NULL,
	"repo_id" uuid,
	"note" text,
	"position" integer NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."collection_upvotes" (
	"collection_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	CONSTRAINT "collection_upvotes_collection_id_user_id_pk" PRIMARY KEY("collection_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "catalog"."collections" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"title" text NOT NULL,
	"slug" text NOT NULL,
	"description" text,
	"private" boolean DEFAULT false NOT NULL,
	"theme" text NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"upvotes" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."follows" (
	"follower_id" uuid NOT NULL,
	"followed_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "follows_follower_id_followed_id_pk" PRIMARY KEY("follower_id","followed_id")
);
--> statement-breakpoint
CREATE TABLE "catalog"."forks" (
	"repo_id" uuid PRIMARY KEY NOT NULL,
	"source_id" uuid,
	"commit" text NOT NULL,
	"root" text,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."former_names" (
	"key" text PRIMARY KEY NOT NULL,
	"repo_id" uuid,
	"since" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."likes" (
	"repo_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "likes_repo_id_user_id_pk" PRIMARY KEY("repo_id","user_id")
);
--> statement-breakpoint
ALTER TABLE "catalog"."accounts" ADD COLUMN "details" text;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "gated" text;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "gate" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "catalog"."repos" ADD COLUMN "sdk" text;--> statement-breakpoint
ALTER TABLE "catalog"."access_requests" ADD CONSTRAINT "access_requests_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."access_requests" ADD CONSTRAINT "access_requests_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."access_requests" ADD CONSTRAINT "access_requests_decided_by_accounts_id_fk" FOREIGN KEY ("decided_by") REFERENCES "catalog"."accounts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."collection_items" ADD CONSTRAINT "collection_items_collection_id_collections_id_fk" FOREIGN KEY ("collection_id") REFERENCES "catalog"."collections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."collection_items" ADD CONSTRAINT "collection_items_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."collection_upvotes" ADD CONSTRAINT "collection_upvotes_collection_id_collections_id_fk" FOREIGN KEY ("collection_id") REFERENCES "catalog"."collections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."collection_upvotes" ADD CONSTRAINT "collection_upvotes_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."collections" ADD CONSTRAINT "collections_owner_id_accounts_id_fk" FOREIGN KEY ("owner_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."follows" ADD CONSTRAINT "follows_follower_id_accounts_id_fk" FOREIGN KEY ("follower_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."follows" ADD CONSTRAINT "follows_followed_id_accounts_id_fk" FOREIGN KEY ("followed_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."forks" ADD CONSTRAINT "forks_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."forks" ADD CONSTRAINT "forks_source_id_repos_id_fk" FOREIGN KEY ("source_id") REFERENCES "catalog"."repos"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."former_names" ADD CONSTRAINT "former_names_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."likes" ADD CONSTRAINT "likes_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."likes" ADD CONSTRAINT "likes_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_requests_account" ON "catalog"."access_requests" USING btree ("account_id","status");--> statement-breakpoint
CREATE UNIQUE INDEX "collection_items_target" ON "catalog"."collection_items" USING btree ("collection_id","type","target");--> statement-breakpoint
CREATE INDEX "collection_items_of" ON "catalog"."collection_items" USING btree ("type","target");--> statement-breakpoint
CREATE INDEX "collection_items_repo" ON "catalog"."collection_items" USING btree ("repo_id");--> statement-breakpoint
CREATE UNIQUE INDEX "collections_slug" ON "catalog"."collections" USING btree ("owner_id","slug");--> statement-breakpoint
CREATE INDEX "collections_updated" ON "catalog"."collections" USING btree ("updated_at","id");--> statement-breakpoint
CREATE INDEX "collections_upvotes" ON "catalog"."collections" USING btree ("upvotes","id");--> statement-breakpoint
CREATE INDEX "follows_followed" ON "catalog"."follows" USING btree ("followed_id");--> statement-breakpoint
CREATE INDEX "forks_source" ON "catalog"."forks" USING btree ("source_id");--> statement-breakpoint
CREATE INDEX "former_names_repo" ON "catalog"."former_names" USING btree ("repo_id");--> statement-breakpoint
CREATE INDEX "likes_user" ON "catalog"."likes" USING btree ("user_id");