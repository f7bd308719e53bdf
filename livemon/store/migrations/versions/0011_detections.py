"""who was found in the pictures of a look, kept as long as footage is"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'detections',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('camera_id', sa.String(64), sa.ForeignKey('cameras.id'), nullable=False, comment='which camera'),
        sa.Column('start_utc', UtcDateTime(), nullable=False, comment='first picture'),
        sa.Column('end_utc', UtcDateTime(), nullable=False, comment='last picture'),
        sa.Column('vlm_call_id', sa.Integer(), sa.ForeignKey('vlm_calls.id'), comment='the call of the look; NULL when nobody was asked'),
        sa.Column('pictures', sa.LargeBinary(), nullable=False,
                  comment='zlib of JSON: [[ms since start_utc, [box, score, keypoints of a person], ...], ...]'),
    )
    op.create_index('ix_detections_camera_start', 'detections', ['camera_id', 'start_utc'])

