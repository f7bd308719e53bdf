"""Alembic's entry: runs the migrations on the connection that livemon.store.session hands over."""

from alembic import context

import livemon.store.tables.access
import livemon.store.tables.copies
import livemon.store.tables.detections
import livemon.store.tables.jobs
import livemon.store.tables.lab
import livemon.store.tables.leases
import livemon.store.tables.notifications
import livemon.store.tables.pauses
import livemon.store.tables.search  # noqa: F401 - its tables, and those above
from livemon.store.tables.recordings import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
