"""calls accounted to the cent: tokens by kind, bounds, reservations; prompts as versions; boxes of events"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('vlm_calls') as batch:
        batch.add_column(sa.Column('request_sha256', sa.String(64), nullable=False, server_default='',
                                   comment='content hash of all that decides the answer; key of the answer cache'))
        batch.add_column(sa.Column('parameters', sa.JSON(), nullable=False, server_default=sa.text("('{}')"),
                                   comment='what the call was made with: media resolution, layout ...'))
        batch.add_column(sa.Column('finish_reason', sa.String(40), nullable=False, server_default='',
                                   comment="the provider's word for why the reply ended"))
        batch.add_column(sa.Column('attempts', sa.Integer(), nullable=False, server_default='1',
                                   comment='how often it was sent'))
        batch.add_column(sa.Column('thought_tokens', sa.Integer(), nullable=False, server_default='0',
                                   comment='thoughts, which cost as much as output'))
        batch.add_column(sa.Column('cached_tokens', sa.Integer(), nullable=False, server_default='0',
                                   comment='the part of input_tokens that the provider had cached'))
        batch.add_column(sa.Column('input_by_modality', sa.JSON(), nullable=False, server_default=sa.text("('{}')"),
                                   comment='input tokens of text, image, video, audio'))
        batch.add_column(sa.Column('bound_usd', sa.Double(), nullable=True,
                                   comment='the most it could cost; NULL when the price is not known'))
        batch.add_column(sa.Column('fallback_for', sa.Integer(), nullable=True,
                                   comment='the failed call that this one stands in for'))
        batch.alter_column('cost_usd', existing_type=sa.Float(), nullable=True)
        batch.create_index('ix_vlm_calls_cost', ['called_utc', 'camera_id', 'cost_usd', 'bound_usd'])
        batch.create_index('ix_vlm_calls_request', ['request_sha256'])
    with op.batch_alter_table('realtime_events') as batch:
        batch.add_column(sa.Column('box', sa.JSON(), nullable=True,
                                   comment='[ymin, xmin, ymax, xmax] of 1000 in the best picture; NULL for all of it'))
    op.create_table(
        'vlm_reservations',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('camera_id', sa.String(64), sa.ForeignKey('cameras.id'), nullable=False),
        sa.Column('model', sa.String(100), nullable=False),
        sa.Column('bound_usd', sa.Double(), nullable=True),
        sa.Column('reserved_utc', UtcDateTime(), nullable=False),
    )
    op.create_index('ix_vlm_reservations_time', 'vlm_reservations', ['reserved_utc'])
    lock = op.create_table('ledger_lock', sa.Column('id', sa.Integer(), primary_key=True),
                           sa.Column('turns', sa.BigInteger(), nullable=False))
    op.bulk_insert(lock, [{'id': 1, 'turns': 0}])
    op.create_table(
        'budget_states',
        sa.Column('camera_id', sa.String(64), sa.ForeignKey('cameras.id'), primary_key=True),
        sa.Column('step', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('since_utc', UtcDateTime(), nullable=False),
    )
    op.create_table(
        'prompt_versions',
        sa.Column('version', sa.String(64), primary_key=True),
        sa.Column('name', sa.String(100), nullable=False),
        sa.Column('purpose', sa.String(16), nullable=False),
        sa.Column('language', sa.String(8), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('created_utc', UtcDateTime(), nullable=False),
    )
    op.create_table(
        'promotions',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('camera_id', sa.String(64), sa.ForeignKey('cameras.id'), nullable=False),
        sa.Column('purpose', sa.String(16), nullable=False),
        sa.Column('version', sa.String(64), sa.ForeignKey('prompt_versions.version'), nullable=True),
        sa.Column('from_utc', UtcDateTime(), nullable=False),
        sa.Column('by', sa.String(100), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
    )
    op.create_index('ix_promotions_camera', 'promotions', ['camera_id', 'purpose', 'id'])
