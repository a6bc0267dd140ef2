/** Hides PostgreSQL: batches, the statement's failures, migrations and the ledger's upkeep. */
package dev.cameleon.load;
