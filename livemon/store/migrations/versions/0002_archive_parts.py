"""a window's archive may have parts: an MP4 has one picture size (docs/adr/0005)"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('archives') as batch:
        batch.add_column(sa.Column('part', sa.Integer(), nullable=False, server_default='0',
                                   comment='0, 1 ...: another picture size or format begins another file'))
        # In this order: MySQL wants an index on camera_id at every moment.
        batch.create_unique_constraint('uq_archives_camera_window_part', ['camera_id', 'window_start_utc', 'part'])
        batch.drop_constraint('uq_archives_camera_window', type_='unique')
    op.create_index('ix_archives_end', 'archives', ['end_utc'])
