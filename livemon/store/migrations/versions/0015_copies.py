"""copies off the premises
"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'copies',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('bucket', sa.String(500), nullable=False, comment="the bucket's address, without credentials"),
        sa.Column('name', sa.String(500), nullable=False, comment='name of the object, below the address'),
        sa.Column('path', sa.String(500), nullable=False, comment='file, relative to data_dir'),
        sa.Column('kind', sa.String(), nullable=False, comment='what it is; see CopyKind'),
        sa.Column('camera_id', sa.String(64), sa.ForeignKey('cameras.id'), comment='whose footage; NULL: of none'),
        sa.Column('rank', sa.Integer(), nullable=False,
                  comment='0 danger, 1 warning, 2 rows and reports, 3 archives: sent in this order'),
        sa.Column('start_utc', UtcDateTime(), nullable=False, comment='what time it is about: from'),
        sa.Column('end_utc', UtcDateTime(), nullable=False, comment='what time it is about: to'),
        sa.Column('bytes', sa.BigInteger(), nullable=False, comment='of the file'),
        sa.Column('sha256', sa.String(64), nullable=False, comment='of the file; empty until it is known'),
        sa.Column('stored_bytes', sa.BigInteger(), nullable=False, comment='of the object; 0 until it is sent'),
        sa.Column('stored_sha256', sa.String(64), nullable=False, comment='of the object; empty until it is sent'),
        sa.Column('state', sa.String(), nullable=False, comment='waiting, stored, listed, lost or removing'),
        sa.Column('attempts', sa.Integer(), nullable=False, comment='how often sending failed'),
        sa.Column('next_try_utc', UtcDateTime(), nullable=False, comment='not sent before'),
        sa.Column('error', sa.Text(), nullable=False, comment='why sending failed; empty when it did not'),
        sa.Column('queued_utc', UtcDateTime(), nullable=False, comment='when it was put in the queue'),
        sa.Column('copied_utc', UtcDateTime(), comment='when it was sent; NULL: not yet'),
        sa.UniqueConstraint('bucket', 'name', name='uq_copies_bucket_name'),
    )
    op.create_index('ix_copies_queue', 'copies', ['state', 'rank', 'start_utc'])
    op.create_index('ix_copies_camera', 'copies', ['camera_id'])
    op.create_index('ix_copies_path', 'copies', ['path'])
