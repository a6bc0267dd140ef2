-- Pipelines, and the tables that their load.sql writes. As in V4, every function looks names up in pg_catalog only.

CREATE TABLE cameleon.pipeline (
  name    text PRIMARY KEY,
  subject text                           -- the property that names the person, as a path; null: none
);
INSERT INTO cameleon.pipeline VALUES ('login', 'user_id');

-- Under another name: erase, vault prune and keys retokenize of the version before, which know one table only and
-- would delete vault entries that rows of others use, find no lock and end.
ALTER TABLE cameleon.logins_lock RENAME TO rows_lock;

-- Ledger and masked fields are per pipeline; what is there belongs to the only one so far.
ALTER TABLE cameleon.ingested_message
  ADD COLUMN pipeline text NOT NULL DEFAULT 'login',
  DROP CONSTRAINT ingested_message_pkey,
  ADD PRIMARY KEY (message_id, pipeline);
ALTER TABLE cameleon.masked_field
  ADD COLUMN pipeline text NOT NULL DEFAULT 'login',
  DROP CONSTRAINT masked_field_pkey,
  ADD PRIMARY KEY (field, pipeline);

-- Every table that a pipeline ever loaded: erasure, rotation, prune and doctor work on all of them. The owner of the
-- schema records tables (run, migrate), and only "tables remove" takes one away.
CREATE TABLE cameleon.loaded_table (
  pipeline    text REFERENCES cameleon.pipeline,
  relation    text,                      -- with its schema, quoted as SQL needs it
  person      text,                      -- the column that names the person; null: none of its own
  via         text,                      -- or the column that refers to …
  parent      text,                      -- … this table's …
  parent_key  text,                      -- … column: whose row that is, is the person
  delete_rows boolean NOT NULL DEFAULT false,   -- whether erasure deletes a person's rows
  upsert      boolean NOT NULL DEFAULT false,   -- whether load.sql has ON CONFLICT for it
  PRIMARY KEY (pipeline, relation),
  CHECK (num_nulls(via, parent, parent_key) IN (0, 3) AND (person IS NULL OR via IS NULL))
);
INSERT INTO cameleon.loaded_table VALUES ('login', 'public.user_logins', 'user_id');

-- The columns of persons that hold tokens. A user id that is not masked is chosen by the sender of an event, and one
-- that looks like a token is none.
CREATE VIEW cameleon.masked_person AS
  SELECT DISTINCT t.relation, t.person
    FROM cameleon.loaded_table t
    JOIN cameleon.pipeline p ON p.name = t.pipeline
    JOIN cameleon.masked_field m ON m.pipeline = t.pipeline
   WHERE t.person IS NOT NULL
     AND (m.field IN (p.subject, t.person)
          OR t.person IN ('masked_' || m.field, 'maked_' || m.field, replace(m.field, '.', '_')));

-- The table of a recorded name. A view in its place would run its owner's functions with the rights of the caller's
-- owner.
CREATE FUNCTION cameleon.table_of(relation text) RETURNS regclass STABLE
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_table regclass := (SELECT c.oid FROM pg_class c
                            WHERE c.oid = to_regclass(relation) AND c.relkind IN ('r', 'p'));
BEGIN
  IF found_table IS NULL THEN
    RAISE EXCEPTION 'the recorded table % does not exist', relation USING ERRCODE = '42P01';
  END IF;
  RETURN found_table;
END $$;

-- The condition for a person's rows l in a table, with the person's id as this SQL expression: as any pipeline declares
-- it, through other tables too. Every column has an alias: one that does not exist must be an error, not the column of
-- that name in the table around it.
CREATE FUNCTION cameleon.rows_of_person(in_relation text, id text) RETURNS text STABLE
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  loaded record;
  kind   text;
  ways   text[] := '{}';
BEGIN
  FOR loaded IN
    SELECT DISTINCT t.person, t.via, t.parent, t.parent_key FROM cameleon.loaded_table t
     WHERE t.relation = in_relation AND num_nonnulls(t.person, t.via) > 0 ORDER BY 1, 2, 3, 4
  LOOP
    IF loaded.via IS NOT NULL THEN
      ways := ways || format('l.%I IN (SELECT l.%I FROM %s l WHERE %s)', loaded.via, loaded.parent_key,
                             loaded.parent, cameleon.rows_of_person(loaded.parent, id));
    ELSE
      SELECT CASE WHEN t.typcategory = 'S' THEN 'text'
                  ELSE coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text END INTO kind
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
       WHERE a.attrelid = to_regclass(in_relation) AND a.attname = loaded.person AND NOT a.attisdropped;
      ways := ways || format(                   -- the column as it is: then an index helps
        CASE WHEN kind = 'text' THEN 'l.%I = %s'
             WHEN kind IN ('smallint', 'integer', 'bigint')
               THEN 'l.%I = CASE WHEN %s::text ~ ''^-?[0-9]{1,18}$'' THEN %2$s::text::bigint END'
             WHEN kind = 'numeric'
               THEN 'l.%I = CASE WHEN %s::text ~ ''^-?[0-9]{1,99}$'' THEN %2$s::text::numeric END'
             WHEN kind = 'uuid'
               THEN 'l.%I = CASE WHEN %s::text ~* ''^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'''
                    || ' THEN %2$s::text::uuid END'
             ELSE 'l.%I::text = %s' END,
        loaded.person, id);
    END IF;
  END LOOP;
  RETURN CASE WHEN ways = '{}' THEN 'false' ELSE array_to_string(ways, ' OR ') END;
END $$;

-- As in V4, over all recorded tables.
CREATE OR REPLACE FUNCTION cameleon.erase_tokens(tokens text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
  unused text[];
  query  text;
  found_here text[];
  used   text[] := '{}';
  loaded record;
  acts   bigint[];
  own    bigint;
BEGIN
  LOCK TABLE cameleon.audit IN EXCLUSIVE MODE;   -- no act with one of these tokens may come between
  SELECT array_agg(DISTINCT t.token) INTO unused FROM cameleon.audit_token t
   WHERE t.token = ANY (tokens)
     AND NOT EXISTS (SELECT FROM cameleon.vault v WHERE v.token = t.token);
  IF unused IS NULL THEN
    RETURN;                              -- the usual case: saves a search of the tables
  END IF;
  FOR loaded IN
    SELECT t.relation, cameleon.table_of(t.relation) AS name FROM cameleon.loaded_table t GROUP BY 1
  LOOP
    IF NOT has_table_privilege(loaded.name, 'SELECT') THEN
      RAISE EXCEPTION 'the owner of the schema cameleon lacks SELECT on %', loaded.relation
        USING ERRCODE = '42501';
    END IF;
    -- One query per column, so that an index helps.
    SELECT 'SELECT array_agg(v) FROM (' || string_agg(format(
             'SELECT %1$I::text COLLATE "C" AS v FROM %2$s WHERE %1$I::text = ANY ($1)', a.attname, loaded.name),
             ' UNION ') || ') u' INTO query
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = loaded.name AND a.attnum > 0 AND NOT a.attisdropped
       AND t.typcategory = 'S'
       AND (NOT EXISTS (SELECT FROM cameleon.loaded_table l
                         WHERE l.relation = loaded.relation AND l.person = a.attname)
            OR EXISTS (SELECT FROM cameleon.masked_person m
                        WHERE m.relation = loaded.relation AND m.person = a.attname));
    IF query IS NOT NULL THEN
      EXECUTE query INTO found_here USING unused;
      used := used || coalesce(found_here, '{}');
    END IF;
  END LOOP;
  SELECT array_agg(t.seq ORDER BY t.seq) INTO acts FROM cameleon.audit_token t
   WHERE t.token = ANY (unused) AND t.token <> ALL (used);
  IF acts IS NULL THEN
    RETURN;
  END IF;
  SELECT a.seq INTO own
    FROM cameleon.add_act('erase-tokens', NULL, NULL, NULL, array_to_string(acts, ',')) a;
  UPDATE cameleon.audit_token SET salt = NULL, token = NULL, erased_by = own WHERE seq = ANY (acts);
END $$;

-- As in V4, over all recorded tables, with the name of each row's table.
DROP FUNCTION cameleon.rows_of(bigint, text, bytea);
CREATE FUNCTION cameleon.rows_of(request bigint, person text, salt bytea)
RETURNS TABLE (relation text, content jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
  asked  cameleon.audit := cameleon.committed_request(request, 'reveal-user');
  loaded record;
BEGIN
  IF length(salt) IS DISTINCT FROM 32
     OR asked.detail IS DISTINCT FROM encode(sha256(salt || convert_to(person, 'UTF8')), 'hex') THEN
    RAISE EXCEPTION 'the request is about somebody else' USING ERRCODE = 'CM002';
  END IF;
  FOR loaded IN
    SELECT t.relation, cameleon.table_of(t.relation) AS name,
           cameleon.rows_of_person(t.relation, '$1') AS mine
      FROM cameleon.loaded_table t GROUP BY t.relation
  LOOP
    RETURN QUERY EXECUTE format('SELECT %L::text, to_jsonb(l) FROM %s l WHERE %s',
                                loaded.relation, loaded.name, loaded.mine) USING person;
  END LOOP;
END $$;

-- Creates the roles and grants their rights. If the owner of the schema may not create roles, create them
-- (CREATE ROLE … NOLOGIN) and run SELECT cameleon.grant_roles() again.
CREATE OR REPLACE FUNCTION cameleon.grant_roles() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  role text;
  loaded record;
  rights text;
BEGIN
  FOREACH role IN ARRAY
    ARRAY['cameleon_loader', 'cameleon_reader', 'cameleon_revealer', 'cameleon_officer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', role);
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN
          NULL;                          -- the migration of another database created it first
        WHEN insufficient_privilege THEN
          RAISE NOTICE 'the role % is missing and may not be made here', role;
          RETURN;
      END;
    END IF;
  END LOOP;

  GRANT USAGE ON SCHEMA cameleon
     TO cameleon_loader, cameleon_reader, cameleon_revealer, cameleon_officer;

  GRANT SELECT, INSERT, DELETE ON cameleon.ingested_message TO cameleon_loader;
  GRANT SELECT ON cameleon.mask_key TO cameleon_loader;
  GRANT SELECT, INSERT ON cameleon.masked_field TO cameleon_loader;
  GRANT INSERT ON cameleon.vault, cameleon.sealed_data_key TO cameleon_loader;
  GRANT SELECT ON cameleon.suppressed TO cameleon_loader;
  GRANT SELECT ON cameleon.loaded_table TO cameleon_loader;
  GRANT SELECT, UPDATE ON cameleon.ledger_lock TO cameleon_loader;
  GRANT EXECUTE ON FUNCTION cameleon.is_current(timestamptz) TO cameleon_loader;
  GRANT EXECUTE ON FUNCTION cameleon.add_keys(text[], text[]) TO cameleon_loader, cameleon_officer;

  GRANT SELECT ON cameleon.logins, cameleon.duplicate_ips, cameleon.duplicate_devices
     TO cameleon_reader;

  GRANT EXECUTE ON FUNCTION cameleon.record_act(text, text, text, text, text)
     TO cameleon_revealer, cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.reveal(bigint) TO cameleon_revealer;
  GRANT EXECUTE ON FUNCTION cameleon.rows_of(bigint, text, bytea) TO cameleon_revealer;
  GRANT SELECT ON cameleon.audit TO cameleon_revealer, cameleon_officer;
  GRANT SELECT ON cameleon.audit_token TO cameleon_revealer, cameleon_officer;
  GRANT SELECT ON cameleon.acts TO cameleon_revealer, cameleon_officer;
  GRANT SELECT ON cameleon.mask_key, cameleon.masked_field, cameleon.masked_person,
    cameleon.loaded_table TO cameleon_revealer;

  GRANT SELECT (token, entry, data_key), UPDATE (token), DELETE ON cameleon.vault TO cameleon_officer;
  GRANT SELECT (data_key, recipient, opened_at) ON cameleon.sealed_data_key TO cameleon_officer;
  GRANT SELECT, INSERT, UPDATE, DELETE ON cameleon.suppressed, cameleon.erased_token
     TO cameleon_officer;
  GRANT SELECT ON cameleon.mask_key TO cameleon_officer;
  GRANT SELECT ON cameleon.masked_field, cameleon.masked_person, cameleon.loaded_table TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.rows_of_person(text, text) TO cameleon_officer;
  GRANT SELECT, UPDATE ON cameleon.rows_lock TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.retire_key(text) TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.erase_tokens(text[]) TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.rewrite_ledger(xid[]) TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.rewrite_vault(text, integer) TO cameleon_officer;

  FOR loaded IN
    SELECT c.oid::regclass AS name, relnamespace::regnamespace AS schema,
           bool_or(t.upsert) AS upsert, bool_or(t.delete_rows) AS delete_rows
      FROM cameleon.loaded_table t JOIN pg_class c ON c.oid = to_regclass(t.relation)
     GROUP BY c.oid, c.relnamespace ORDER BY c.oid
  LOOP
    BEGIN
      EXECUTE format('GRANT USAGE ON SCHEMA %s TO cameleon_loader, cameleon_reader, cameleon_officer',
                     loaded.schema);
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
    BEGIN
      -- An upsert reads the row that it meets.
      rights := CASE WHEN loaded.upsert THEN 'INSERT, SELECT, UPDATE' ELSE 'INSERT' END;
      EXECUTE format('GRANT %s ON %s TO cameleon_loader', rights, loaded.name);
      EXECUTE format('GRANT SELECT ON %s TO cameleon_reader', loaded.name);
      rights := CASE WHEN loaded.delete_rows THEN 'SELECT, UPDATE, DELETE' ELSE 'SELECT, UPDATE' END;
      EXECUTE format('GRANT %s ON %s TO cameleon_officer', rights, loaded.name);
      IF NOT loaded.delete_rows THEN
        EXECUTE format('REVOKE DELETE ON %s FROM cameleon_officer', loaded.name);
      END IF;
      -- The sequence behind a column of type serial.
      FOR rights IN
        SELECT d.objid::regclass::text FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
         WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
           AND d.refobjid = loaded.name AND d.deptype = 'a' AND s.relkind = 'S'
      LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO cameleon_loader', rights);
      END LOOP;
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
    -- If this role has some rights on the table itself, a GRANT that it may not make raises no error.
    IF NOT (has_table_privilege('cameleon_loader', loaded.name, 'INSERT')
            AND has_table_privilege('cameleon_reader', loaded.name, 'SELECT')
            AND has_table_privilege('cameleon_officer', loaded.name, 'UPDATE')
            AND (NOT loaded.upsert OR has_table_privilege('cameleon_loader', loaded.name, 'UPDATE'))
            AND (NOT loaded.delete_rows
                 OR has_table_privilege('cameleon_officer', loaded.name, 'DELETE'))) THEN
      RAISE WARNING '% belongs to somebody else, who has to grant the roles their part', loaded.name;
    END IF;
  END LOOP;
END $$;

-- Takes the roles' rights in a table back, once no pipeline has it on record.
CREATE FUNCTION cameleon.revoke_roles(relation text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  role text;
BEGIN
  IF to_regclass(relation) IS NULL THEN
    RETURN;
  END IF;
  FOR role IN SELECT rolname FROM pg_roles
               WHERE rolname IN ('cameleon_loader', 'cameleon_reader', 'cameleon_officer') LOOP
    EXECUTE format('REVOKE ALL ON %s FROM %I', to_regclass(relation), role);
  END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING '% belongs to somebody else, who has to take the roles'' rights back', relation;
END $$;

REVOKE EXECUTE ON FUNCTION
  cameleon.table_of(text), cameleon.revoke_roles(text),
  cameleon.rows_of(bigint, text, bytea), cameleon.rows_of_person(text, text) FROM PUBLIC;
SELECT cameleon.grant_roles();
