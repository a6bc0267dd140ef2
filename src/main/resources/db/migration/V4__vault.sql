-- Every function here looks names up in pg_catalog only: otherwise its caller, or whoever fires a trigger, could
-- substitute an operator or a function of their own for PostgreSQL's.

-- The vault: the original value of every token, sealed. The loader writes it and cannot read it; nobody can
-- without a private key. A data key encrypts the value, and the public key of each recipient encrypts the
-- data key (see dev.cameleon.crypto.Envelope).
CREATE TABLE cameleon.sealed_data_key (
  data_key      uuid,
  recipient  text,                       -- SHA-256 of the public key, hexadecimal
  sealed_key bytea NOT NULL,
  opened_at  date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
  PRIMARY KEY (data_key, recipient)
);
-- No foreign key: one statement inserts an entry and its data key, and a check per entry would cost time.
CREATE TABLE cameleon.vault (
  token  text PRIMARY KEY,
  entry  uuid NOT NULL,
  data_key  uuid NOT NULL,
  sealed bytea NOT NULL
);

-- Only a rotation may rename an entry, from the token of one key to the token of a later key. Otherwise a value
-- could be revealed under another value's token.
CREATE FUNCTION cameleon.refuse_other_names() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF left(NEW.token, -32) <> left(OLD.token, -32) OR NOT EXISTS (
       WITH RECURSIVE after AS (
         SELECT key_id FROM cameleon.mask_key WHERE follows = left(right(OLD.token, 31), 8)
         UNION ALL
         SELECT m.key_id FROM cameleon.mask_key m JOIN after ON m.follows = after.key_id)
       SELECT FROM after WHERE key_id = left(right(NEW.token, 31), 8)) THEN
    RAISE EXCEPTION 'an entry is renamed by a rotation only' USING ERRCODE = 'CM002';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_other_names BEFORE UPDATE ON cameleon.vault
  FOR EACH ROW EXECUTE FUNCTION cameleon.refuse_other_names();

-- The chain of mask keys: each key follows the previous one, and no two keys follow the same one.
ALTER TABLE cameleon.mask_key
  DROP COLUMN only_row,
  ADD PRIMARY KEY (key_id),
  ADD COLUMN follows text REFERENCES cameleon.mask_key (key_id),
  ADD COLUMN retired_at timestamptz;
CREATE UNIQUE INDEX mask_key_is_a_chain ON cameleon.mask_key (coalesce(follows, ''));

-- Refuses rows under a retired key, even from a process that began before it was retired, and under a key that is
-- not in the chain. A session names its key in the setting cameleon.mask_key; a session without it comes from a
-- version that knew only one key.
CREATE FUNCTION cameleon.require_current_key() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  mine text := nullif(current_setting('cameleon.mask_key', true), '');
BEGIN
  IF EXISTS (SELECT FROM cameleon.mask_key
              WHERE retired_at IS NOT NULL AND key_id = coalesce(mine, key_id)) THEN
    RAISE EXCEPTION 'the mask key % is retired', coalesce(mine, '(not said)') USING ERRCODE = 'CM001';
  END IF;
  IF mine IS NOT NULL AND NOT EXISTS (SELECT FROM cameleon.mask_key WHERE key_id = mine) THEN
    RAISE EXCEPTION 'the mask key % is none of this database', mine USING ERRCODE = 'CM004';
  END IF;
  -- A commit that wrote nothing does not wait for the synchronous standby. Each run of load.sql must: the rows that
  -- make all others duplicates may not be on the standby yet, and the probe tests whether the standby answers.
  IF current_setting('synchronous_standby_names') <> '' THEN
    PERFORM pg_logical_emit_message(true, 'cameleon', '');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER require_current_key BEFORE INSERT ON cameleon.ingested_message
  FOR EACH STATEMENT EXECUTE FUNCTION cameleon.require_current_key();

-- A loader's knowledge of the vault and of suppressed persons is valid for a limited time. A statement that was
-- built longer ago, in a suspended process or on a connection that hung, is refused, and the loader builds it anew.
CREATE FUNCTION cameleon.is_current(made timestamptz) RETURNS boolean STABLE
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF made < clock_timestamp() - interval '30 seconds' THEN
    RAISE EXCEPTION 'the statement was made too long ago' USING ERRCODE = 'CM003';
  END IF;
  RETURN true;
END $$;

-- Retires a key after every statement under it has ended: later statements see that it is retired.
CREATE FUNCTION cameleon.retire_key(key text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  LOCK TABLE cameleon.ingested_message IN SHARE ROW EXCLUSIVE MODE;
  UPDATE cameleon.mask_key SET retired_at = now()
   WHERE key_id = key AND retired_at IS NULL
     AND EXISTS (SELECT FROM cameleon.mask_key WHERE follows = key);
END $$;

-- Adds a keyset's keys to the chain, each with a row in the audit: the first keys of a database, or those that
-- follow the last key of the chain. A keyset without that last key adds nothing. Of the first keys of a database
-- only the last may load: no row was ever under the others.
CREATE FUNCTION cameleon.add_keys(keys text[], check_values text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  newest cameleon.mask_key;
  first  boolean;
  place  integer := 0;                     -- position of the chain's last key in keys
BEGIN
  LOCK TABLE cameleon.mask_key IN SHARE ROW EXCLUSIVE MODE;   -- keysets are added one at a time
  SELECT * INTO newest FROM cameleon.mask_key m
   WHERE NOT EXISTS (SELECT FROM cameleon.mask_key WHERE follows = m.key_id);
  first := NOT FOUND;
  IF NOT first THEN
    place := array_position(keys, newest.key_id);
    IF place IS NULL OR check_values[place] IS DISTINCT FROM newest.check_value THEN
      RETURN;
    END IF;
  END IF;
  FOR i IN place + 1 .. cardinality(keys) LOOP
    IF keys[i] !~ '^[0-9a-f]{8}$' OR keys[i] = '00000000'
       OR check_values[i] !~ ('^check_' || keys[i] || '_[A-Za-z0-9_-]{22}$') THEN
      RAISE EXCEPTION 'a mask key has an id of 8 hexadecimal digits, and a check value of its own'
        USING ERRCODE = 'CM002';
    END IF;
    INSERT INTO cameleon.mask_key (key_id, check_value, follows, retired_at)
    VALUES (keys[i], check_values[i], keys[i - 1],
            CASE WHEN first AND i < cardinality(keys) THEN now() END);
    PERFORM cameleon.add_act('add-key', NULL, NULL, NULL,
                                keys[i] || coalesce(' after ' || keys[i - 1], ', the first'));
  END LOOP;
END $$;

-- Locks for work that one session does at a time. Only our roles may lock these rows. A session holds the lock
-- while it holds the advisory lock with this number, which is new each time, so that nobody can take it in advance.
CREATE TABLE cameleon.ledger_lock (
  pid   integer NOT NULL,
  login name NOT NULL,
  lock  bigint NOT NULL,
  since timestamptz NOT NULL
);
CREATE TABLE cameleon.logins_lock (LIKE cameleon.ledger_lock INCLUDING ALL);
INSERT INTO cameleon.ledger_lock VALUES (0, '', 0, 'epoch');
INSERT INTO cameleon.logins_lock VALUES (0, '', 0, 'epoch');

-- Suppressed persons, whose later events are loaded with random values too: keyed hashes of their user ids.
CREATE TABLE cameleon.suppressed (
  subject text PRIMARY KEY               -- no date: it would lead to the ticket in the audit
);

-- Tokens that erased rows had, until their vault entries are deleted or found to be in use: a rewritten row
-- does not show its former token, and erasure may be interrupted.
CREATE TABLE cameleon.erased_token (
  token text PRIMARY KEY,
  since timestamptz NOT NULL             -- when it was last removed from a row
);

-- The audit: who did what, and why. Rows are only appended, and each hash covers all rows before it.
CREATE TABLE cameleon.audit (
  seq     bigint PRIMARY KEY,
  at      timestamptz NOT NULL,
  actor   text NOT NULL,                 -- the login, whatever role it set later
  act     text NOT NULL,
  token   text,                          -- SHA-256(salt || token), hexadecimal: see audit_token
  purpose text,
  ticket  text,
  detail  text,
  xact    xid8 NOT NULL,                 -- the top-level transaction that wrote it
  hash    bytea NOT NULL                 -- SHA-256 of the previous hash and the row as JSON
);
CREATE FUNCTION cameleon.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'CM002';
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON cameleon.audit
  FOR EACH STATEMENT EXECUTE FUNCTION cameleon.refuse_change();

-- The tokens of acts, apart from the chain, so that the chain still verifies after they are erased. Salt and token
-- are erased together: with the salt, whoever has the mask key could try all addresses.
CREATE TABLE cameleon.audit_token (
  seq       bigint PRIMARY KEY,
  salt      bytea,                       -- 16 random bytes
  token     text,
  erased_by bigint,                      -- the act that erased salt and token
  CHECK ((salt IS NULL) = (token IS NULL) AND (token IS NULL) = (erased_by IS NOT NULL))
);
CREATE VIEW cameleon.acts AS
  SELECT a.seq, a.at, a.actor, a.act, t.token, a.purpose, a.ticket, a.detail, t.erased_by
    FROM cameleon.audit a LEFT JOIN cameleon.audit_token t USING (seq);

-- Appends a row to the chain, with any act; granted to nobody.
CREATE FUNCTION cameleon.add_act(
    act text, token text, purpose text, ticket text, detail text, OUT seq bigint, OUT head text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  before bytea;
  moment timestamptz := clock_timestamp();
  own    bytea;
  salt   bytea := uuid_send(gen_random_uuid());
  digest text := encode(sha256(salt || convert_to(token, 'UTF8')), 'hex');
BEGIN
  IF coalesce(btrim(act), '') = '' THEN
    RAISE EXCEPTION 'an act needs a name' USING ERRCODE = 'CM002';
  END IF;
  LOCK TABLE cameleon.audit IN EXCLUSIVE MODE;   -- one writer at a time, so that there is one chain
  SELECT a.seq, a.hash INTO seq, before FROM cameleon.audit a ORDER BY a.seq DESC LIMIT 1;
  seq := coalesce(seq, 0) + 1;
  own := sha256(coalesce(before, ''::bytea) || convert_to(jsonb_build_array(
           seq, (extract(epoch FROM moment) * 1000000)::bigint, session_user, act, digest, purpose,
           ticket, detail, pg_current_xact_id()::text)::text, 'UTF8'));
  INSERT INTO cameleon.audit
  VALUES (seq, moment, session_user, act, digest, purpose, ticket, detail, pg_current_xact_id(), own);
  IF token IS NOT NULL THEN
    INSERT INTO cameleon.audit_token VALUES (seq, salt, token);
  END IF;
  head := encode(own, 'hex');
END $$;

CREATE FUNCTION cameleon.record_act(
    act text, token text, purpose text, ticket text, detail text, OUT seq bigint, OUT head text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF act IN ('add-key', 'erase-tokens') THEN
    RAISE EXCEPTION 'this act is recorded by what does it' USING ERRCODE = 'CM002';
  END IF;
  SELECT a.seq, a.head INTO seq, head FROM cameleon.add_act(act, token, purpose, ticket, detail) a;
END $$;

-- Erases tokens from the audit that nothing uses any more, and records from which rows. While a vault entry or a
-- row has a token, it stays in the audit. A user id that is not masked does not count: its sender chose it.
CREATE FUNCTION cameleon.erase_tokens(tokens text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unused text[];
  query  text;
  used   text[];
  acts   bigint[];
  own    bigint;
BEGIN
  LOCK TABLE cameleon.audit IN EXCLUSIVE MODE;   -- no act with one of these tokens may come between
  SELECT array_agg(DISTINCT t.token) INTO unused FROM cameleon.audit_token t
   WHERE t.token = ANY (tokens)
     AND NOT EXISTS (SELECT FROM cameleon.vault v WHERE v.token = t.token);
  IF unused IS NULL THEN
    RETURN;                              -- the usual case: saves a search of user_logins
  END IF;
  IF NOT has_table_privilege('public.user_logins', 'SELECT') THEN
    RAISE EXCEPTION 'the owner of the schema cameleon lacks SELECT on public.user_logins'
      USING ERRCODE = '42501';
  END IF;
  -- One query per column, so that an index helps.
  SELECT 'SELECT array_agg(v) FROM (' || string_agg(format(
           'SELECT %1$I::text AS v FROM public.user_logins WHERE %1$I::text = ANY ($1)', a.attname),
           ' UNION ') || ') u' INTO query
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
   WHERE a.attrelid = 'public.user_logins'::regclass AND a.attnum > 0 AND NOT a.attisdropped
     AND t.typcategory = 'S'
     AND (a.attname <> 'user_id' OR EXISTS (SELECT FROM cameleon.masked_field WHERE field = 'user_id'));
  IF query IS NOT NULL THEN
    EXECUTE query INTO used USING unused;
  END IF;
  SELECT array_agg(t.seq ORDER BY t.seq) INTO acts FROM cameleon.audit_token t
   WHERE t.token = ANY (unused) AND t.token <> ALL (coalesce(used, '{}'));
  IF acts IS NULL THEN
    RETURN;
  END IF;
  SELECT a.seq INTO own
    FROM cameleon.add_act('erase-tokens', NULL, NULL, NULL, array_to_string(acts, ',')) a;
  UPDATE cameleon.audit_token SET salt = NULL, token = NULL, erased_by = own WHERE seq = ANY (acts);
END $$;

-- Gives the ledger's rows of these transactions a new xmin: the old one would date an erased login.
CREATE FUNCTION cameleon.rewrite_ledger(transactions xid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE cameleon.ingested_message SET ingested_at = ingested_at WHERE xmin = ANY (transactions);
$$;

-- Rewrites vault entries in the order of their tokens, which is random: then xmin and ctid do not tell with which
-- row an entry came. Rewrites the next entries after a token; returns the last token, null at the end.
CREATE FUNCTION cameleon.rewrite_vault(after text, entries integer) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH chosen AS MATERIALIZED (
    SELECT token FROM cameleon.vault WHERE token > after ORDER BY token LIMIT entries),
  taken AS (
    DELETE FROM cameleon.vault v USING chosen WHERE v.token = chosen.token RETURNING v.*),
  written AS (
    INSERT INTO cameleon.vault (token, entry, data_key, sealed)
    SELECT token, entry, data_key, sealed FROM taken ORDER BY token)
  SELECT max(token) FROM chosen;
$$;

-- Returns the request with this number, if the same login committed it. The request's own transaction gets
-- nothing, because it could be rolled back afterwards. This compares top-level transactions; the row's xmin could
-- be a savepoint's.
CREATE FUNCTION cameleon.committed_request(request bigint, wanted text) RETURNS cameleon.audit
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked cameleon.audit;
BEGIN
  SELECT * INTO asked FROM cameleon.audit a
   WHERE a.seq = request AND a.act = wanted AND a.actor = session_user
     AND a.purpose ~ '\S' AND a.at > clock_timestamp() - interval '10 minutes';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no such request of the last ten minutes, with a purpose, by %', session_user
      USING ERRCODE = 'CM002';
  END IF;
  IF asked.xact = pg_current_xact_id() THEN
    RAISE EXCEPTION 'the request must be committed first' USING ERRCODE = 'CM002';
  END IF;
  RETURN asked;
END $$;

-- Returns the sealed value that a request asks for, once for each recipient.
CREATE FUNCTION cameleon.reveal(request bigint)
RETURNS TABLE (entry uuid, data_key uuid, sealed bytea, recipient text, sealed_key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  asked cameleon.audit := cameleon.committed_request(request, 'reveal');
BEGIN
  RETURN QUERY
    SELECT v.entry, v.data_key, v.sealed, e.recipient, e.sealed_key
      FROM cameleon.vault v LEFT JOIN cameleon.sealed_data_key e USING (data_key)
     WHERE v.token = (SELECT t.token FROM cameleon.audit_token t WHERE t.seq = request);
END $$;

-- Returns the rows of the person that a request is about. The request's detail is SHA-256(salt ‖ user id) in
-- hexadecimal. The caller draws the salt and passes it only to this function, so the audit does not identify the
-- person. It always has 32 bytes; otherwise bytes could move between it and the user id.
-- A row-level policy of the table's owner must not run with this function's rights: then the function fails.
CREATE FUNCTION cameleon.rows_of(request bigint, person text, salt bytea) RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off AS $$
DECLARE
  asked cameleon.audit := cameleon.committed_request(request, 'reveal-user');
BEGIN
  IF length(salt) IS DISTINCT FROM 32
     OR asked.detail IS DISTINCT FROM encode(sha256(salt || convert_to(person, 'UTF8')), 'hex') THEN
    RAISE EXCEPTION 'the request is about somebody else' USING ERRCODE = 'CM002';
  END IF;
  RETURN QUERY SELECT to_jsonb(l) FROM public.user_logins l WHERE l.user_id = person;
END $$;

-- Creates the roles and grants their rights. If the owner of the schema may not create roles, create them
-- (CREATE ROLE … NOLOGIN) and run SELECT cameleon.grant_roles() again.
CREATE FUNCTION cameleon.grant_roles() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  role text;
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
  GRANT SELECT ON cameleon.mask_key, cameleon.masked_field TO cameleon_revealer;

  GRANT SELECT (token, entry, data_key), UPDATE (token), DELETE ON cameleon.vault TO cameleon_officer;
  GRANT SELECT (data_key, recipient, opened_at) ON cameleon.sealed_data_key TO cameleon_officer;
  GRANT SELECT, INSERT, UPDATE, DELETE ON cameleon.suppressed, cameleon.erased_token
     TO cameleon_officer;
  GRANT SELECT ON cameleon.mask_key TO cameleon_officer;
  GRANT SELECT ON cameleon.masked_field TO cameleon_officer;
  GRANT SELECT, UPDATE ON cameleon.logins_lock TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.retire_key(text) TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.erase_tokens(text[]) TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.rewrite_ledger(xid[]) TO cameleon_officer;
  GRANT EXECUTE ON FUNCTION cameleon.rewrite_vault(text, integer) TO cameleon_officer;

  BEGIN
    GRANT INSERT ON public.user_logins TO cameleon_loader;
    GRANT SELECT ON public.user_logins TO cameleon_reader;
    GRANT SELECT, UPDATE ON public.user_logins TO cameleon_officer;
  EXCEPTION WHEN insufficient_privilege THEN
    NULL;
  END;
  -- If this role has some rights on the table itself, a GRANT that it may not make raises no error.
  IF NOT (has_table_privilege('cameleon_loader', 'public.user_logins', 'INSERT')
          AND has_table_privilege('cameleon_reader', 'public.user_logins', 'SELECT')
          AND has_table_privilege('cameleon_officer', 'public.user_logins', 'UPDATE')) THEN
    RAISE WARNING 'public.user_logins belongs to somebody else, who has to grant the roles their part';
  END IF;
END $$;

REVOKE EXECUTE ON FUNCTION
  cameleon.retire_key(text), cameleon.record_act(text, text, text, text, text),
  cameleon.committed_request(bigint, text), cameleon.reveal(bigint), cameleon.rows_of(bigint, text, bytea),
  cameleon.add_keys(text[], text[]), cameleon.is_current(timestamptz), cameleon.grant_roles()
  FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION cameleon.add_act(text, text, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION cameleon.erase_tokens(text[]) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION cameleon.rewrite_ledger(xid[]) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION cameleon.rewrite_vault(text, integer) FROM PUBLIC;
SELECT cameleon.grant_roles();
