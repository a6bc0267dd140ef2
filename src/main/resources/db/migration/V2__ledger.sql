-- The ledger: which messages are loaded. Written in the transaction of their rows, it makes a
-- second delivery of a message a duplicate instead of a second row.
CREATE TABLE cameleon.ingested_message (
  message_id  uuid PRIMARY KEY,
  -- The day in UTC, as coarse as the upkeep allows: finer, it would date the logins of the erased.
  ingested_at date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date
);
-- Rows arrive in the order of time: a few pages of BRIN find the old ones for the upkeep.
CREATE INDEX ingested_message_by_age ON cameleon.ingested_message USING brin (ingested_at);

-- What this database is masked with: one key chain, and the fields that it has ever masked.
CREATE TABLE cameleon.mask_key (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  key_id      text NOT NULL,
  check_value text NOT NULL,
  first_used  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE cameleon.masked_field (
  field      text PRIMARY KEY,
  kind       text NOT NULL,
  first_used timestamptz NOT NULL DEFAULT now()
);
