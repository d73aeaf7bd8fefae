-- What PostGraphile is given: the suppliers as a document each, as our own store has them, and the indexes that serve them.
-- Nothing of an answer needs a join: what a company has one of are columns, its activities are an array.
CREATE EXTENSION unaccent;
CREATE TEXT SEARCH CONFIGURATION public.words (COPY = pg_catalog.french);
ALTER TEXT SEARCH CONFIGURATION public.words ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;

CREATE SCHEMA directory;
SET search_path TO directory, public;
CREATE TYPE company_size AS ENUM ('MICRO', 'PME', 'ETI', 'GE', 'UNKNOWN');
CREATE TYPE supplier_status AS ENUM ('ACTIVE', 'CLOSED', 'SUSPECTED_CLOSED');
CREATE TYPE activity AS (code text, label text);

CREATE TABLE supplier (
  id text PRIMARY KEY,
  position integer NOT NULL, -- in the order of names
  siren text,
  name text NOT NULL,
  trade_names text[] NOT NULL,
  description text,
  website text,
  size company_size NOT NULL,
  status supplier_status NOT NULL,
  updated_at timestamptz NOT NULL,
  activities activity[] NOT NULL,
  legal_form_code text,
  legal_form_label text,
  postcode text,
  commune text,
  commune_code text,
  naf text[] NOT NULL,
  labels text[] NOT NULL,
  departments text[] NOT NULL,
  words tsvector NOT NULL
);

-- The page: the best first, as our search has them.
CREATE FUNCTION search_suppliers(query text, department text) RETURNS SETOF supplier STABLE LANGUAGE sql AS $$
  SELECT supplier.* FROM directory.supplier
  WHERE words @@ websearch_to_tsquery('public.words', query) AND departments @> ARRAY[department]
  ORDER BY ts_rank(words, websearch_to_tsquery('public.words', query)) DESC, position
$$;

-- Its total and its four facets: what matches is looked for once for all of them. PL/pgSQL keeps the plan.
CREATE TYPE tally AS (field text, value text, count integer);
CREATE FUNCTION search_tallies(query text, department text) RETURNS SETOF tally STABLE LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH found AS MATERIALIZED (
    SELECT supplier.naf, supplier.size::text, supplier.labels, supplier.legal_form_code AS form FROM directory.supplier
    WHERE words @@ websearch_to_tsquery('public.words', query) AND departments @> ARRAY[department]
  )
  (SELECT 'TOTAL', NULL, count(*)::integer FROM found)
  UNION ALL
  (SELECT 'NAF', code, count(*)::integer FROM found, unnest(naf) AS code GROUP BY code ORDER BY 3 DESC, 2 LIMIT 10)
  UNION ALL
  (SELECT 'SIZE', size, count(*)::integer FROM found GROUP BY size ORDER BY 3 DESC, 2 LIMIT 10)
  UNION ALL
  (SELECT 'LABEL', code, count(*)::integer FROM found, unnest(labels) AS code GROUP BY code ORDER BY 3 DESC, 2 LIMIT 10)
  UNION ALL
  (SELECT 'LEGAL_FORM', form, count(*)::integer FROM found WHERE form IS NOT NULL
   GROUP BY form ORDER BY 3 DESC, 2 LIMIT 10);
END
$$;

-- By the filter alone: to compare with our count of the same.
CREATE FUNCTION located_suppliers(department text) RETURNS SETOF supplier STABLE LANGUAGE sql AS $$
  SELECT supplier.* FROM directory.supplier WHERE departments @> ARRAY[department]
$$;
