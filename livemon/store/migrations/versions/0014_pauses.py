"""pauses of cameras; notifications are updated, and tell of daily reports
"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'pauses',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('camera_id', sa.String(64), sa.ForeignKey('cameras.id'), nullable=False, comment='which camera'),
        sa.Column('begun_utc', UtcDateTime(), nullable=False, comment='when it began'),
        sa.Column('until_utc', UtcDateTime(), comment='when the camera starts by itself; NULL: until it is started'),
        sa.Column('paused_by', sa.String(200), nullable=False, comment='who said so; empty: not known'),
        sa.Column('ended_utc', UtcDateTime(), comment='when it was over; NULL: it is not'),
    )
    op.create_index('ix_pauses_camera_begun', 'pauses', ['camera_id', 'begun_utc'])
    op.add_column('notifications', sa.Column(
        'update_event_id', sa.Integer(), comment='the event whose words it is to be updated with; NULL: nothing is new'))
    op.add_column('notifications', sa.Column('updated_utc', UtcDateTime(), comment='when it was updated last'))
    op.create_index('ix_notifications_update', 'notifications', ['update_event_id'])
    op.add_column('recipients', sa.Column(
        'reports', sa.Boolean(), nullable=False, server_default=sa.false(), comment='true: daily reports are sent to them'))
    if op.get_bind().dialect.name != 'sqlite':  # which keeps no comments
        op.alter_column('notifications', 'answer', existing_type=sa.String(16), existing_nullable=True,
                        comment='seen, snooze, right or wrong; NULL: none yet')
