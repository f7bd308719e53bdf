"""one rate limit of a provider over all hosts"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'rate_limits',
        sa.Column('name', sa.String(200), nullable=False, comment='provider, model and tier'),
        sa.Column('tokens', sa.Double(), nullable=False, comment='requests that may be sent at once'),
        sa.Column('updated_utc', sa.DateTime(timezone=True), nullable=False,
                  comment="when they were counted, by the database's clock"),
        sa.PrimaryKeyConstraint('name', name='pk_rate_limits'),
    )
