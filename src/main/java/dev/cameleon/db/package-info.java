/** PostgreSQL: connections, SQLSTATEs, migrations, locks and the ledger's cleanup. */
package dev.cameleon.db;
