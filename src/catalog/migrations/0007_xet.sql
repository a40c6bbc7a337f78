CREATE TABLE "catalog"."xet_chunks" (
	"chunk" text NOT NULL,
	"cid" text NOT NULL,
	CONSTRAINT "xet_chunks_chunk_cid_pk" PRIMARY KEY("chunk","cid")
);
--> statement-breakpoint
CREATE TABLE "catalog"."xet_files" (
	"cid" text PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"sha256" text NOT NULL,
	"size" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog"."xet_uploads" (
	"user_id" uuid NOT NULL,
	"xorb" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "xet_uploads_user_id_xorb_pk" PRIMARY KEY("user_id","xorb")
);
--> statement-breakpoint
CREATE TABLE "catalog"."xet_uses" (
	"xorb" text NOT NULL,
	"cid" text NOT NULL,
	"ranges" "int4multirange" NOT NULL,
	CONSTRAINT "xet_uses_xorb_cid_pk" PRIMARY KEY("xorb","cid")
);
--> statement-breakpoint
ALTER TABLE "catalog"."xet_uploads" ADD CONSTRAINT "xet_uploads_user_id_accounts_id_fk" FOREIGN KEY ("user_id") REFERENCES "catalog"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "xet_files_hash" ON "catalog"."xet_files" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "xet_uses_cid" ON "catalog"."xet_uses" USING btree ("cid");