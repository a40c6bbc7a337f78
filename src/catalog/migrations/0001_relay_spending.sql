CREATE TABLE "catalog"."relay_spending" (
	"day" integer NOT NULL,
	"account" text NOT NULL,
	"transactions" integer NOT NULL,
	"wei" numeric(78, 0) NOT NULL,
	CONSTRAINT "relay_spending_day_account_pk" PRIMARY KEY("day","account")
);
