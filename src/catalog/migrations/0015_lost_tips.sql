CREATE TABLE "catalog"."lost_tips" (
	"repo_id" uuid NOT NULL,
	"oid" text NOT NULL,
	"until" timestamp with time zone NOT NULL,
	CONSTRAINT "lost_tips_repo_id_oid_pk" PRIMARY KEY("repo_id","oid")
);
--> statement-breakpoint
CREATE INDEX "lost_tips_until" ON "catalog"."lost_tips" USING btree ("until");