CREATE TABLE "catalog"."search_vectors" (
	"repo_id" uuid PRIMARY KEY NOT NULL,
	"wanted" integer DEFAULT 1 NOT NULL,
	"made" integer DEFAULT 0 NOT NULL,
	"model" text DEFAULT '' NOT NULL,
	"vector" "bytea",
	"changed" "xid8" DEFAULT pg_current_xact_id() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "catalog"."search_vectors" ADD CONSTRAINT "search_vectors_repo_id_repos_id_fk" FOREIGN KEY ("repo_id") REFERENCES "catalog"."repos"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "search_vectors_changed" ON "catalog"."search_vectors" USING btree ("changed");--> statement-breakpoint
CREATE INDEX "search_vectors_missing" ON "catalog"."search_vectors" USING btree ("repo_id") WHERE made <> wanted;--> statement-breakpoint
INSERT INTO "catalog"."search_vectors" ("repo_id") SELECT "repo_id" FROM "catalog"."search";
--> statement-breakpoint
CREATE FUNCTION catalog.search_meaning_on_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO catalog.search_vectors (repo_id) VALUES (NEW.repo_id);
  ELSE
    UPDATE catalog.search_vectors SET changed = pg_current_xact_id(),
      wanted = wanted + CASE WHEN NEW.words IS DISTINCT FROM OLD.words THEN 1 ELSE 0 END WHERE repo_id = NEW.repo_id;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER search_meaning_on_insert AFTER INSERT ON catalog.search FOR EACH ROW
  EXECUTE FUNCTION catalog.search_meaning_on_row();
--> statement-breakpoint
CREATE TRIGGER search_meaning_on_update AFTER UPDATE ON catalog.search FOR EACH ROW
  WHEN (NEW.words IS DISTINCT FROM OLD.words OR NEW.is_public IS DISTINCT FROM OLD.is_public)
  EXECUTE FUNCTION catalog.search_meaning_on_row();
--> statement-breakpoint
-- Counted up by every transaction that changes what is searched. While one is under way its advisory lock is held, and
-- goes when the change is visible; so who gets the lock alone sees all changes up to the number.
CREATE SEQUENCE catalog.search_changes;
--> statement-breakpoint
CREATE FUNCTION catalog.search_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 4991488130866242674 $$;
--> statement-breakpoint
CREATE FUNCTION catalog.search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(catalog.search_lock());
  PERFORM nextval('catalog.search_changes');
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER search_changed AFTER INSERT OR UPDATE OR DELETE ON catalog.search FOR EACH STATEMENT
  EXECUTE FUNCTION catalog.search_changed();
--> statement-breakpoint
DROP FUNCTION catalog.search_query(text[]);
--> statement-breakpoint
-- All terms hold: each as an English word or as the beginning of a word as it stands; those of `whole` as whole words
-- only. Words that English leaves out do not count unless there are no others.
CREATE FUNCTION catalog.search_query(terms text[], whole text[]) RETURNS tsquery LANGUAGE plpgsql STABLE AS $$
DECLARE
  term text;
  stem tsquery;
  own tsquery;
  found tsquery := ''::tsquery;
  plain tsquery := ''::tsquery;
BEGIN
  FOREACH term IN ARRAY terms LOOP
    stem := plainto_tsquery('english', term);
    plain := plain && plainto_tsquery('simple', term);
    CONTINUE WHEN numnode(stem) = 0;
    own := to_tsquery('simple', CASE WHEN length(term) > 2 AND term <> ALL (whole) THEN term || ':*' ELSE term END);
    found := found && CASE WHEN own = stem THEN own ELSE stem || own END;
  END LOOP;
  RETURN CASE WHEN numnode(found) = 0 THEN plain ELSE found END;
END
$$;
