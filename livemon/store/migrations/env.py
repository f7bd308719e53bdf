"""Alembic's entry: runs the migrations on the connection that livemon.store.session hands over."""

from alembic import context

import livemon.store.derived
import livemon.store.lab_tables
import livemon.store.people
import livemon.store.search_tables  # noqa: F401 - and these
from livemon.store.models import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
