CREATE TABLE "catalog"."notifications" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"repo_id" uuid,
	"actor_id" uuid,
	"title" text NOT NULL,
	"path" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"read_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "catalog"."progress" (
	"name" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."pull_days" (
	"repo_id" uuid NOT NULL,
	"day" integer NOT NULL,
	"root" text NOT NULL,
	"pulls" integer NOT NULL,
	CONSTRAINT "pull_days_repo_id_day_root_pk" PRIMARY KEY("repo_id","day","root")
);
--> statement-breakpoint
CREATE TABLE "catalog"."pulls" (
	"repo_id" uuid NOT NULL,
	"root" text NOT NULL,
	"day" integer NOT NULL,
	"person" text NOT NULL,
	"repo" text NOT NULL,
	"by" text NOT NULL,
	"signer" text NOT NULL,
	"signature" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "pulls_repo_id_root_day_person_pk" PRIMARY KEY("repo_id","root","day","person")
);
--> statement-breakpoint
CREATE TABLE "catalog"."signal_days" (
	"repo_id" uuid NOT NULL,
	"day" integer NOT NULL,
	"points" double precision NOT NULL,
	CONSTRAINT "signal_days_repo_id_day_pk" PRIMARY KEY("repo_id","day")
);
--> statement-breakpoint
ALTER TABLE "catalog"."access_requests" ADD COLUMN "while_holding" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "catalog"."notifications" ADD CONSTRAINT "notifications_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."notifications" ADD CONSTRAINT "notifications_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."notifications" ADD CONSTRAINT "notifications_actor_id_accounts_id_fk" FOREIGN KEY ("actor_id") REFERENCES "catalog"."accounts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."pull_days" ADD CONSTRAINT "pull_days_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."pulls" ADD CONSTRAINT "pulls_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog"."signal_days" ADD CONSTRAINT "signal_days_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notifications_user" ON "catalog"."notifications" USING btree ("user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notifications_repo" ON "catalog"."notifications" USING btree ("repo_id");--> statement-breakpoint
CREATE INDEX "pulls_day" ON "catalog"."pulls" USING btree ("day");--> statement-breakpoint
CREATE INDEX "signal_days_day" ON "catalog"."signal_days" USING btree ("day");--> statement-breakpoint
CREATE INDEX "tokens_rights" ON "catalog"."tokens" USING gin ("rights" jsonb_path_ops);