-- BRIN finds old rows only while a table grows at its end. After the first cleanup new rows fill the room of old ones, most
-- ranges of pages then hold a row of an old day, and the cleanup reads all of them again for each 10 000 ids it deletes.
DROP INDEX cameleon.ingested_message_by_age;
CREATE INDEX ingested_message_by_age ON cameleon.ingested_message (pipeline, ingested_at);
