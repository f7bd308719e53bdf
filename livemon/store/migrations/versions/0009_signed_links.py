"""signed links can be listed and revoked
"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'signed_links',
        sa.Column('id', sa.String(16), primary_key=True, comment='what the signed text refers to'),
        sa.Column('camera_id', sa.String(64), nullable=False, comment='whose footage; no key: it outlives the camera'),
        sa.Column('path', sa.Text(), nullable=False, comment="what it opens, below the API's root; * at its end: all that begins so"),
        sa.Column('who', sa.String(200), nullable=False, comment='who made it'),
        sa.Column('proof', sa.String(16), nullable=False, comment='how they were known: local, session or token'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when it was made'),
        sa.Column('until_utc', UtcDateTime(), nullable=False, comment='it works until then; deleted: revoked'),
    )
    op.create_index('ix_signed_links_camera', 'signed_links', ['camera_id'])
