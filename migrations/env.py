"""What Alembic runs: the migrations on the connection that `infrastructure.migrate` hands over."""

from alembic import context

import models

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=models.Base.metadata,
    transaction_per_migration=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
