"""who judged an event, first and last

Of an event that was judged before, `reviewed_utc` is the time of the first verdict, too, and the person is not known:
rows are left as they are, since there may be millions.
"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, comment in (('reviewed_by', 'who judged it last; empty: not known'),
                          ('first_reviewed_by', 'who judged it first; empty: not known')):
        op.add_column('realtime_events', sa.Column(
            name, sa.String(200), nullable=False, server_default='', comment=comment))
    op.add_column('realtime_events', sa.Column(
        'first_reviewed_utc', UtcDateTime(), comment='when a person judged it first; NULL: not yet, or before this was kept'))
    if op.get_bind().dialect.name != 'sqlite':  # which keeps no comments
        op.alter_column('realtime_events', 'reviewed_utc', existing_type=UtcDateTime(), existing_nullable=True,
                        comment='when a person judged it last')
