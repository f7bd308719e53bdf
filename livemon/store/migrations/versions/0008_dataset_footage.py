"""footage is kept as long as a dataset that has it
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    footage = op.create_table(
        'dataset_footage',
        sa.Column('version', sa.String(64), sa.ForeignKey('datasets.version', ondelete='CASCADE'), primary_key=True,
                  comment='whose footage'),
        sa.Column('camera_id', sa.String(64), primary_key=True, comment="a camera's id, or a clip's: clip-..."),
        sa.Column('start_utc', UtcDateTime(), primary_key=True, comment='from when'),
        sa.Column('end_utc', UtcDateTime(), primary_key=True, comment='to when'),
    )
    datasets = sa.table('datasets', sa.column('version', sa.String), sa.column('content', sa.JSON))
    rows = [
        {'version': version, 'camera_id': item['camera_id'],
         'start_utc': datetime.fromisoformat(item['start_utc']), 'end_utc': datetime.fromisoformat(item['end_utc'])}
        for version, content in op.get_bind().execute(sa.select(datasets.c.version, datasets.c.content))
        for item in content['items']
    ]
    if rows:
        op.bulk_insert(footage, rows)
