"""where hosts reach each other

A page of any host shows all cameras: it needs the address of the host that records one, and the state of its stream.
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'hosts',
        sa.Column('owner', sa.String(100), nullable=False, comment='its name in camera leases'),
        sa.Column('url', sa.String(200), nullable=False,
                  comment='where other hosts reach it; empty: nowhere'),
        sa.Column('seen_utc', sa.DateTime(timezone=True), nullable=False,
                  comment="when it was there last, by the database's clock"),
        sa.PrimaryKeyConstraint('owner', name='pk_hosts'),
    )
    op.add_column('camera_leases', sa.Column(
        'status', sa.Text(), nullable=False, server_default='',
        comment='state of its stream as the owner said last, in JSON; empty: not said'))
