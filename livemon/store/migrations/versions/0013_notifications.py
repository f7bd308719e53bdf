"""people are told of events: a queue, recipients with their rules, and what became of each notification
"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'outbox',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('event_id', sa.Integer(), nullable=False, comment='the event; no key: it may be erased before it is told'),
        sa.Column('camera_id', sa.String(64), nullable=False, comment='its camera; no key: it outlives the camera'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when the event was committed'),
    )
    op.create_table(
        'recipients',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('name', sa.String(100), nullable=False, unique=True, comment='what they are called'),
        sa.Column('user_name', sa.String(200), sa.ForeignKey('users.name', ondelete='CASCADE'), comment='whose login it is; NULL: a person without one'),
        sa.Column('language', sa.String(16), nullable=False, comment='of what they are told'),
        sa.Column('timezone', sa.String(64), nullable=False, comment='IANA zone of their day'),
        sa.Column('quiet', sa.JSON(), nullable=False, comment='[{start, end, weekdays}]: local times, Monday is 0'),
        sa.Column('sealed_transports', sa.Text(), nullable=False, comment='encrypted list of addresses, in the order in which they are tried'),
        sa.Column('enabled', sa.Boolean(), nullable=False, comment='false: nothing is sent to them'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when they were added'),
    )
    op.create_table(
        'notification_rules',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('recipient_id', sa.Integer(), sa.ForeignKey('recipients.id', ondelete='CASCADE'), nullable=False, comment='who is told'),
        sa.Column('severities', sa.JSON(), nullable=False, comment='danger, warning, info, safe'),
        sa.Column('event_types', sa.JSON(), comment='NULL is all'),
        sa.Column('cameras', sa.JSON(), comment='NULL is all'),
        sa.Column('zones', sa.JSON(), comment='NULL is all'),
        sa.Column('after_s', sa.Integer(), nullable=False, comment='only when no person answered within this time; 0 is at once'),
    )
    op.create_index('ix_notification_rules_recipient', 'notification_rules', ['recipient_id'])
    op.create_table(
        'notifications',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('recipient_id', sa.Integer(), sa.ForeignKey('recipients.id', ondelete='CASCADE'), nullable=False, comment='who is told'),
        sa.Column('rule_id', sa.Integer(), comment='by which rule; no key: rules change. NULL: of none'),
        sa.Column('about', sa.String(16), nullable=False, comment='event, digest, report or test'),
        sa.Column('event_id', sa.Integer(), comment='the event; no key: it may be erased. NULL: of none'),
        sa.Column('camera_id', sa.String(64), nullable=False, comment='of the event; empty: of none'),
        sa.Column('topic', sa.String(300), nullable=False, comment='family and place, for the cooldown'),
        sa.Column('weight', sa.String(16), nullable=False, comment='the severity that rules and caps go by'),
        sa.Column('state', sa.String(16), nullable=False, comment='see NotificationState'),
        sa.Column('why', sa.String(16), nullable=False, comment='why it is held; see notify.policy.Why'),
        sa.Column('digest_id', sa.Integer(), comment='the digest in which it is counted'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when it was decided'),
        sa.Column('next_try_utc', UtcDateTime(), nullable=False, comment='not sent before'),
        sa.Column('attempts', sa.Integer(), nullable=False, comment='how often it was tried'),
        sa.Column('lease_owner', sa.String(100), comment='process that sends it'),
        sa.Column('lease_until_utc', UtcDateTime(), comment='when the lease runs out'),
        sa.Column('sent_utc', UtcDateTime(), comment='when a transport took it'),
        sa.Column('transport', sa.String(100), nullable=False, comment='which took it, without its secrets'),
        sa.Column('error', sa.Text(), nullable=False, comment='why the last try failed'),
        sa.Column('answer', sa.String(16), comment='seen, right or wrong; NULL: none yet'),
        sa.Column('answered_utc', UtcDateTime(), comment='when they answered'),
        sa.UniqueConstraint('recipient_id', 'event_id', name='uq_notifications_recipient_event'),
    )
    op.create_index('ix_notifications_due', 'notifications', ['state', 'next_try_utc'])
    op.create_index('ix_notifications_event', 'notifications', ['event_id'])
    op.create_index('ix_notifications_recipient_time', 'notifications', ['recipient_id', 'created_utc'])
