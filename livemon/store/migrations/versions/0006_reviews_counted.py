"""what is to review is counted and sorted by an index; a verdict may be that every look missed it
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        'ix_realtime_events_review', 'realtime_events', ['camera_id', 'reviewed_utc', 'severity', 'start_utc']
    )
    if op.get_bind().dialect.name != 'sqlite':  # which keeps no comments
        op.alter_column('realtime_events', 'label', existing_type=sa.String(16), existing_nullable=True,
                        comment="a person's verdict: right, wrong, or missed by every look")
