CREATE TABLE "gateway"."health" (
	"provider" text NOT NULL,
	"repo" text NOT NULL,
	"span" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"checks" integer NOT NULL,
	"checks_ok" integer NOT NULL,
	"answers" integer NOT NULL,
	"failures" integer NOT NULL,
	"ttft" integer[] NOT NULL,
	"latency" integer[] NOT NULL,
	"speed" integer[] NOT NULL,
	CONSTRAINT "health_provider_repo_span_at_pk" PRIMARY KEY("provider","repo","span","at")
);
--> statement-breakpoint
CREATE INDEX "health_at" ON "gateway"."health" USING btree ("at");