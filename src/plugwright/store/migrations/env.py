"""Runs migrations on the connection, and in the transaction, that `plugwright.store.upgrade` gives."""

from alembic import context

from plugwright.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
