ALTER TABLE "catalog"."search" DROP COLUMN "vector";--> statement-breakpoint
ALTER TABLE "catalog"."search" DROP COLUMN "vector_of";--> statement-breakpoint
-- "Llama-3.1-8B" is found as llama, 3, 1, 8b, as llama3 and llama31 and, whole, as =llama318b. Nothing else is made of a
-- name: words that only one name has would make the beginnings of frequent words slow.
CREATE OR REPLACE FUNCTION catalog.search_name(namespace text, name text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
  SELECT to_tsvector('simple', concat_ws(' ', spaced,
      regexp_replace(spaced, '([[:alpha:]]+) ([0-9]{1,2}[[:alpha:]]?)\M', '\1\2', 'g'),
      regexp_replace(spaced, '([[:alpha:]]+) ([0-9]{1,2}) ([0-9]{1,2})\M', '\1\2\3', 'g'),
      regexp_replace(spaced, '([[:alpha:]])([0-9])', '\1 \2', 'g')))
    || array_to_tsvector(ARRAY['=' || compact])
  FROM (SELECT regexp_replace(lower(namespace || ' ' || name), '[^[:alnum:]]+', ' ', 'g') AS spaced,
    regexp_replace(lower(name), '[^[:alnum:]]+', '', 'g') AS compact) AS forms
$$;
--> statement-breakpoint
DROP INDEX catalog.search_words;
--> statement-breakpoint
UPDATE catalog.search s SET words = catalog.search_words(r, s.text) FROM catalog.repos r WHERE r.id = s.repo_id;
--> statement-breakpoint
CREATE INDEX "search_words" ON "catalog"."search" USING gin ("words","facets","labels") WITH (fastupdate=off);
