-- The ledger: the ids of loaded messages. They are inserted in the transaction of their rows, so that
-- a second delivery of a message is a duplicate instead of a second row.
CREATE TABLE cameleon.ingested_message (
  message_id  uuid PRIMARY KEY,
  -- The day in UTC: precise enough for the cleanup; a time would date the logins of erased persons.
  ingested_at date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date
);
-- Rows are inserted in the order of time: a few pages of BRIN find the old ones for the cleanup.
CREATE INDEX ingested_message_by_age ON cameleon.ingested_message USING brin (ingested_at);

-- How this database is masked: its mask keys, and all fields that were ever masked.
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
