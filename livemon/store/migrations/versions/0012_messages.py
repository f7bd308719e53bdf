"""what livemon says of itself is kept as codes and values, so that it can be read in another language

Rows of before keep their English sentences only.
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('realtime_events', sa.Column(
        'said', sa.JSON(none_as_null=True), nullable=True,
        comment="{title, description} as {code, values}, of what livemon says; NULL for a model's words"))
