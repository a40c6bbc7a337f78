ALTER TABLE "catalog"."versions" ADD COLUMN "delegated" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "catalog"."tokens" SET "rights" = jsonb_build_object(
	'global', '[]'::jsonb,
	'canReadGatedRepos', true,
	'scoped', (SELECT coalesce(jsonb_agg(jsonb_build_object(
		'entity', "entity",
		'permissions', CASE WHEN "scope" = 'write' THEN '["repo.write"]'::jsonb ELSE '["repo.content.read"]'::jsonb END
	)), '[]'::jsonb) FROM unnest("repos") AS "entity")
), "scope" = 'fineGrained' WHERE "repos" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "catalog"."tokens" DROP COLUMN "repos";