"""changes of cameras that stand in livemon.toml
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('cameras', sa.Column('sealed_changes', sa.Text(), nullable=True,
                  comment="encrypted settings that differ from livemon.toml's, changed over the API; NULL: none"))


def downgrade() -> None:
    op.drop_column('cameras', 'sealed_changes')
