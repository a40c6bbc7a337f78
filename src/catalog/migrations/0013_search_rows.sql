-- Keeps catalog.search in step with the rows it is made of, in the transaction that changes them.

CREATE FUNCTION catalog.search_texts(value jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT left(lower(item), 64) FROM (
    SELECT value #>> '{}' AS item WHERE jsonb_typeof(value) = 'string'
    UNION ALL
    SELECT element #>> '{}' FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END) AS element
    WHERE jsonb_typeof(element) = 'string'
  ) AS items WHERE item <> '' LIMIT 24
$$;
--> statement-breakpoint
-- "Llama-3.1-8B" is found as llama, 3, 1, 8b, as llama31 and, whole, as =llama318b.
CREATE FUNCTION catalog.search_name(namespace text, name text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
  SELECT to_tsvector('simple', spaced || ' ' || compact || ' ' || regexp_replace(spaced, '([[:alpha:]])([0-9])', '\1 \2', 'g'))
    || array_to_tsvector(ARRAY['=' || compact])
  FROM (SELECT regexp_replace(lower(namespace || ' ' || name), '[^[:alnum:]]+', ' ', 'g') AS spaced,
    regexp_replace(lower(name), '[^[:alnum:]]+', '', 'g') AS compact) AS forms
$$;
--> statement-breakpoint
CREATE FUNCTION catalog.search_quantization(r catalog.repos) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN jsonb_typeof(r.config #> '{quantization_config,quant_method}') = 'string'
      THEN left(lower(r.config #>> '{quantization_config,quant_method}'), 64)
    WHEN r.facts ? 'gguf' OR 'gguf' = ANY (r.tags) THEN 'gguf'
    ELSE coalesce((SELECT lower(tag) FROM unnest(r.tags) AS tag
      WHERE lower(tag) IN ('gptq', 'awq', 'bitsandbytes', 'exl2', 'hqq', 'aqlm', 'fp8', '8-bit', '4-bit', 'int8', 'int4', 'mxfp4', 'nvfp4') LIMIT 1), 'none')
  END
$$;
--> statement-breakpoint
CREATE FUNCTION catalog.search_size(r catalog.repos) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN r.parameters <= 0 THEN 'unknown'
    WHEN r.parameters < 100000000 THEN 'lt100M'
    WHEN r.parameters < 1000000000 THEN '100M-1B'
    WHEN r.parameters < 4000000000 THEN '1B-4B'
    WHEN r.parameters < 10000000000 THEN '4B-10B'
    WHEN r.parameters < 40000000000 THEN '10B-40B'
    ELSE 'gt40B'
  END WHERE r.type = 'model'
  UNION ALL
  SELECT catalog.search_texts(r.card -> 'size_categories') WHERE r.type = 'dataset'
$$;
--> statement-breakpoint
-- The share that the card asks of forks: basis points, null where it says nothing.
CREATE FUNCTION catalog.search_fork_bps(card jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN jsonb_typeof(card -> 'fork_royalty_bps') IS DISTINCT FROM 'number' THEN NULL
    WHEN (card ->> 'fork_royalty_bps') !~ '^([0-9]{1,4}|10000)$' THEN NULL
    ELSE (card ->> 'fork_royalty_bps')::integer
  END
$$;
--> statement-breakpoint
CREATE FUNCTION catalog.search_dtype(facts jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT left(key, 16) FROM jsonb_each(CASE jsonb_typeof(facts #> '{safetensors,parameters}') WHEN 'object'
    THEN facts #> '{safetensors,parameters}' ELSE '{}' END)
  WHERE jsonb_typeof(value) = 'number' ORDER BY value DESC, key LIMIT 1
$$;
--> statement-breakpoint
CREATE FUNCTION catalog.search_facets(r catalog.repos, verified boolean) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(array_agg(DISTINCT facet), '{}') FROM (
    SELECT 'task:' || left(lower(r.pipeline_tag), 64) AS facet WHERE r.pipeline_tag <> ''
    UNION ALL SELECT 'task:' || task FROM catalog.search_texts(r.card -> 'task_categories') AS task WHERE r.type = 'dataset'
    UNION ALL SELECT 'library:' || left(lower(r.library_name), 64) WHERE r.library_name <> ''
    UNION ALL SELECT 'license:' || license FROM catalog.search_texts(r.card -> 'license') AS license
    UNION ALL SELECT 'language:' || language FROM catalog.search_texts(r.card -> 'language') AS language
    UNION ALL SELECT 'size:' || size FROM catalog.search_size(r) AS size
    UNION ALL SELECT 'quantization:' || catalog.search_quantization(r) WHERE r.type = 'model'
    UNION ALL SELECT 'dtype:' || catalog.search_dtype(r.facts) WHERE r.type = 'model'
    UNION ALL SELECT 'gated:' || (r.gated IS NOT NULL)
    UNION ALL SELECT 'verified:' || verified
    UNION ALL SELECT 'forkRoyalty:' || CASE WHEN coalesce(catalog.search_fork_bps(r.card), 0) = 0 THEN 'none'
      WHEN catalog.search_fork_bps(r.card) <= 500 THEN 'low' ELSE 'high' END
  ) AS facets WHERE facet IS NOT NULL
$$;
--> statement-breakpoint
CREATE FUNCTION catalog.search_words(r catalog.repos, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
  SELECT setweight(catalog.search_name(r.namespace, r.name), 'A')
    || setweight(to_tsvector('simple', regexp_replace(lower(array_to_string(r.tags[1:64], ' ')), '[^[:alnum:]]+', ' ', 'g')), 'B')
    || setweight(to_tsvector('english', left(coalesce(r.facts ->> 'description', ''), 1000)), 'C')
    || setweight(to_tsvector('english', left(body, 8000)), 'D')
$$;
--> statement-breakpoint
CREATE FUNCTION catalog.search_put(r catalog.repos) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  verified boolean := EXISTS (SELECT FROM catalog.versions v WHERE v.repo_id = r.id AND v.commit = r.head AND v.anchored_at IS NOT NULL);
  body text := coalesce((SELECT text FROM catalog.search WHERE repo_id = r.id), '');
BEGIN
  INSERT INTO catalog.search (repo_id, type, is_public, words, facets, labels)
  VALUES (r.id, r.type, r.visibility = 'public', catalog.search_words(r, body), catalog.search_facets(r, verified),
    (SELECT array_agg(DISTINCT label) FROM (SELECT 'author:' || lower(r.namespace) AS label
      UNION ALL SELECT 'tag:' || left(lower(tag), 96) FROM unnest(r.tags[1:128]) AS tag) AS labels))
  ON CONFLICT (repo_id) DO UPDATE SET is_public = excluded.is_public, words = excluded.words, facets = excluded.facets,
    labels = excluded.labels;
END
$$;
--> statement-breakpoint
CREATE FUNCTION catalog.search_on_repo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog.search_put(NEW);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER search_on_insert AFTER INSERT ON catalog.repos FOR EACH ROW WHEN (NEW.type <> 'space')
  EXECUTE FUNCTION catalog.search_on_repo();
--> statement-breakpoint
CREATE TRIGGER search_on_update AFTER UPDATE OF namespace, name, visibility, gated, head, card, config, facts, parameters, tags,
  pipeline_tag, library_name ON catalog.repos FOR EACH ROW WHEN (NEW.type <> 'space')
  EXECUTE FUNCTION catalog.search_on_repo();
--> statement-breakpoint
CREATE FUNCTION catalog.search_on_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  r catalog.repos;
BEGIN
  SELECT * INTO r FROM catalog.repos WHERE id = coalesce(NEW.repo_id, OLD.repo_id) FOR NO KEY UPDATE;
  IF FOUND AND r.type <> 'space' THEN PERFORM catalog.search_put(r); END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER search_on_version AFTER INSERT OR DELETE OR UPDATE OF commit, anchored_at ON catalog.versions FOR EACH ROW
  EXECUTE FUNCTION catalog.search_on_version();
--> statement-breakpoint
CREATE FUNCTION catalog.search_on_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.words := (SELECT catalog.search_words(r, NEW.text) FROM catalog.repos r WHERE r.id = NEW.repo_id);
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER search_on_text BEFORE UPDATE OF text ON catalog.search FOR EACH ROW WHEN (NEW.text IS DISTINCT FROM OLD.text)
  EXECUTE FUNCTION catalog.search_on_text();
--> statement-breakpoint
-- All terms hold: each as the beginning of a word as it stands, or as an English word. Words that English leaves out
-- do not count unless there are no others.
CREATE FUNCTION catalog.search_query(terms text[]) RETURNS tsquery LANGUAGE plpgsql STABLE AS $$
DECLARE
  term text;
  stem tsquery;
  found tsquery := ''::tsquery;
  plain tsquery := ''::tsquery;
BEGIN
  FOREACH term IN ARRAY terms LOOP
    stem := plainto_tsquery('english', term);
    plain := plain && plainto_tsquery('simple', term);
    CONTINUE WHEN numnode(stem) = 0;
    found := found && (stem || to_tsquery('simple', CASE WHEN length(term) > 2 THEN term || ':*' ELSE term END));
  END LOOP;
  RETURN CASE WHEN numnode(found) = 0 THEN plain ELSE found END;
END
$$;
--> statement-breakpoint
DO $$
DECLARE
  r catalog.repos;
BEGIN
  FOR r IN SELECT * FROM catalog.repos WHERE type <> 'space' LOOP PERFORM catalog.search_put(r); END LOOP;
END
$$;
