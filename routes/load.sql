-- Loads one batch in one statement, and therefore in one transaction. The parameter batch is a JSON
-- array with one object per message: the fields of login.schema.json (masked), message_id and sent_at.
-- The parameter vault holds the time at which both were built, and the sealed originals of tokens that
-- may not be in the vault yet. To load another field, edit the column lists; keep everything else.
WITH batch AS MATERIALIZED (
  SELECT DISTINCT ON (message_id) *      -- SQS may deliver a message twice, even into one batch
    FROM json_to_recordset(:?batch::json)
      AS t(message_id uuid, sent_at timestamptz, user_id text, app_version text,
           device_type text, ip text, locale text, device_id text)
   ORDER BY message_id                   -- the same order in every process prevents deadlocks
),
sealed AS MATERIALIZED (                 -- parsed once, not once per entry
  SELECT (part ->> 'made')::timestamptz AS made, (part ->> 'data_key')::uuid AS data_key,
         part -> 'keys' AS keys, part -> 'entries' AS entries
    FROM (SELECT :?vault::json) AS parameter(part)
),
fresh AS (
  INSERT INTO cameleon.ingested_message (message_id)
  SELECT message_id FROM batch
   WHERE cameleon.is_current((SELECT made FROM sealed))   -- otherwise refused, and rebuilt
   ORDER BY message_id
  ON CONFLICT DO NOTHING
  RETURNING message_id
),
sealed_data_key AS (
  INSERT INTO cameleon.sealed_data_key (data_key, recipient, sealed_key)
  SELECT data_key, recipient, decode(sealed_key, 'base64')
    FROM sealed, json_to_recordset(keys) AS k(recipient text, sealed_key text)
   ORDER BY recipient
  ON CONFLICT DO NOTHING
),
entry AS MATERIALIZED (
  SELECT e.*, data_key
    FROM sealed, json_to_recordset(entries)
      AS e(message_id uuid, token text, entry uuid, value text)
),
vault AS (
  INSERT INTO cameleon.vault (token, entry, data_key, sealed)
  SELECT DISTINCT ON (token) token, entry, data_key, decode(value, 'base64')
    FROM entry JOIN fresh USING (message_id)   -- a duplicate must not restore erased values
   ORDER BY token
  ON CONFLICT DO NOTHING
)
INSERT INTO public.user_logins
       (user_id, device_type, masked_ip, maked_device_id, locale, app_version, create_date)
SELECT user_id, device_type, ip, device_id, locale,
       split_part(app_version, '.', 1)::integer,   -- the major number
       (sent_at AT TIME ZONE 'UTC')::date          -- the day it was sent, not the day it was loaded
  FROM batch JOIN fresh USING (message_id)
