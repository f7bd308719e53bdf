"""footage is kept as long as a dataset that has it
"""

import sqlalchemy as sa
from alembic import op

from livemon.store.models import UtcDateTime

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'dataset_footage',
        sa.Column('version', sa.String(64), sa.ForeignKey('datasets.version', ondelete='CASCADE'), primary_key=True,
                  comment='whose footage'),
        sa.Column('camera_id', sa.String(64), primary_key=True, comment="a camera's id, or a clip's: clip-..."),
        sa.Column('start_utc', UtcDateTime(), primary_key=True, comment='from when'),
        sa.Column('end_utc', UtcDateTime(), primary_key=True, comment='to when'),
    )
