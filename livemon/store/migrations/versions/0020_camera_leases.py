"""which host records a camera

Two hosts on one PostgreSQL database share the cameras. Rows say under which lease they were written, and archives in
which data folder their files are. Of older rows both are unknown.
"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'camera_leases',
        sa.Column('camera_id', sa.String(64), nullable=False, comment='which camera'),
        sa.Column('owner', sa.String(100), nullable=False,
                  comment='host and a random part; empty: given back'),
        sa.Column('epoch', sa.Integer(), nullable=False,
                  comment='grows by one with every owner; rows of an older one are refused'),
        sa.Column('expires_utc', sa.DateTime(timezone=True), nullable=False,
                  comment="free from then on, by the database's clock"),
        sa.PrimaryKeyConstraint('camera_id', name='pk_camera_leases'),
    )
    for table in ('archives', 'realtime_events'):
        op.add_column(table, sa.Column(
            'lease_epoch', sa.Integer(), nullable=True,
            comment='epoch of the camera lease it was written under; NULL: without one'))
    op.add_column('archives', sa.Column(
        'folder_id', sa.String(32), nullable=False, server_default='',
        comment='data folder with the file; empty: the only one'))
