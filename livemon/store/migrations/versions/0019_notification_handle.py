"""what an update of a sent notification needs

Telegram numbers its messages, and changes one by its number.
"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('notifications', sa.Column(
        'handle', sa.String(200), nullable=False, server_default='',
        comment='what an update of it needs; empty: nothing more'))
