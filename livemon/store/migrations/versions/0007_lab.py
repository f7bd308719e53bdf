"""the lab: labels, frozen datasets, experiments and their results, shadows
"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'labels',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('camera_id', sa.String(64), nullable=False, comment="a camera's id, or a clip's: clip-..."),
        sa.Column('start_utc', UtcDateTime(), nullable=False, comment='from when'),
        sa.Column('end_utc', UtcDateTime(), nullable=False, comment='to when'),
        sa.Column('labeller', sa.String(100), nullable=False, comment='who says so'),
        sa.Column('verdict', sa.String(16), nullable=False,
                  comment='watched: all of it was seen; right, wrong: of what was said; missed; unsure; withdrawn'),
        sa.Column('kind', sa.String(64), nullable=False,
                  comment='what happened, as a machine word; empty when nothing did'),
        sa.Column('severity', sa.String(16), nullable=False,
                  comment='danger, warning, info or safe; empty when nothing did'),
        sa.Column('about', sa.String(64), nullable=False,
                  comment='what it judges, event-<id>, result-<id>-<n>, call-<id>-<n>; label-<id> that it withdraws'),
        sa.Column('note', sa.Text(), nullable=False, comment='in their own words'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when they said so'),
    )
    op.create_index('ix_labels_footage', 'labels', ['camera_id', 'start_utc'])
    op.create_table(
        'datasets',
        sa.Column('version', sa.String(64), primary_key=True, comment='content hash'),
        sa.Column('name', sa.String(100), nullable=False, comment='what it was called when it was frozen'),
        sa.Column('items', sa.Integer(), nullable=False, comment='how many stretches of footage'),
        sa.Column('content', sa.JSON(), nullable=False, comment='name, how it was sampled, items with their truths'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when it was frozen'),
    )
    op.create_table(
        'experiments',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('name', sa.String(100), nullable=False, comment='what people call it'),
        sa.Column('kind', sa.String(16), nullable=False, comment='experiment or replay'),
        sa.Column('dataset_version', sa.String(64), sa.ForeignKey('datasets.version'), nullable=True,
                  comment='what was shown; NULL for a replay'),
        sa.Column('content', sa.JSON(), nullable=False, comment='arms, repeats, rule; of a replay camera and time'),
        sa.Column('status', sa.String(16), nullable=False, comment='planned, running, stopped or done'),
        sa.Column('reason', sa.Text(), nullable=False, comment='why it stopped; empty when it did not'),
        sa.Column('cap_usd', sa.Double(), nullable=True, comment='what it may cost; NULL when all of it is free'),
        sa.Column('by', sa.String(100), nullable=False, comment='who began it'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when it was planned'),
        sa.Column('finished_utc', UtcDateTime(), nullable=True, comment='when it was done'),
    )
    op.create_table(
        'experiment_results',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('experiment_id', sa.Integer(), sa.ForeignKey('experiments.id', ondelete='CASCADE'), nullable=False,
                  comment='whose result'),
        sa.Column('arm', sa.String(200), nullable=False, comment='prompt and model, as the experiment calls them'),
        sa.Column('item', sa.String(64), nullable=False,
                  comment="content hash of the footage's stretch and its truths"),
        sa.Column('repeat', sa.Integer(), nullable=False,
                  comment='0, 1 ...: models answer differently when asked again'),
        sa.Column('number', sa.Integer(), nullable=False, comment='0, 1 ...: which question about this item'),
        sa.Column('questions', sa.Integer(), nullable=False, comment='how many questions there are about this item'),
        sa.Column('camera_id', sa.String(64), nullable=False, comment="a camera's id, or a clip's: whose footage"),
        sa.Column('request_sha256', sa.String(64), nullable=False,
                  comment='content hash of all that decides the answer'),
        sa.Column('cached', sa.Boolean(), nullable=False, comment='taken from an earlier experiment: nothing was paid'),
        sa.Column('reason', sa.String(32), nullable=False,
                  comment='why the plan looks here: interval, motion, heartbeat'),
        sa.Column('told_utc', UtcDateTime(), nullable=False,
                  comment='when its footage was complete, and it could look'),
        sa.Column('frames', sa.JSON(), nullable=False, comment='frame times, in time order'),
        sa.Column('model', sa.String(100), nullable=False,
                  comment='the model that was asked, as it stands in the catalog'),
        sa.Column('prompt_version', sa.String(80), nullable=False,
                  comment='content hash; empty for a model without prompts'),
        sa.Column('status', sa.String(16), nullable=False, comment='only ok speaks of the scene; see AnswerStatus'),
        sa.Column('raw_text', sa.Text(), nullable=False, comment='the reply as it came'),
        sa.Column('scene', sa.Text(), nullable=False, comment='the scene in a sentence; told at the next look'),
        sa.Column('said', sa.JSON(), nullable=False, comment='what was seen: kind, severity, start, end ...'),
        sa.Column('error', sa.Text(), nullable=False, comment='what went wrong; empty when ok'),
        sa.Column('input_tokens', sa.Integer(), nullable=False, comment='as the provider counts'),
        sa.Column('output_tokens', sa.Integer(), nullable=False, comment='as the provider counts, thoughts included'),
        sa.Column('latency_ms', sa.Double(), nullable=False, comment='from asking to the answer, when it was asked'),
        sa.Column('cost_usd', sa.Double(), nullable=True,
                  comment='what it cost when it was asked; NULL is unknown, not 0'),
        sa.Column('asked_utc', UtcDateTime(), nullable=False, comment='when the row was made'),
        sa.UniqueConstraint('experiment_id', 'arm', 'item', 'repeat', 'number',
                            name='uq_experiment_results_place'),
    )
    op.create_index('ix_experiment_results_asked', 'experiment_results', ['item', 'prompt_version', 'model', 'repeat'])
    op.create_index('ix_experiment_results_camera', 'experiment_results', ['camera_id'])
    op.create_table(
        'shadows',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('camera_id', sa.String(64), sa.ForeignKey('cameras.id'), nullable=False, comment='which camera'),
        sa.Column('version', sa.String(64), sa.ForeignKey('prompt_versions.version'), nullable=False,
                  comment='the prompt that looks along'),
        sa.Column('from_utc', UtcDateTime(), nullable=False, comment='from when'),
        sa.Column('until_utc', UtcDateTime(), nullable=False, comment='until when; earlier when it was ended'),
        sa.Column('by', sa.String(100), nullable=False, comment='who began it'),
    )
    op.create_index('ix_shadows_camera', 'shadows', ['camera_id', 'until_utc'])
