"""users, sessions, tokens, the audit log, what subscribers are told, and cameras that are added while livemon runs
"""

import sqlalchemy as sa
from alembic import op

from livemon.store.tables.recordings import UtcDateTime

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'users',
        sa.Column('name', sa.String(200), primary_key=True, comment='what they type, or the provider says'),
        sa.Column('password_hash', sa.Text(), nullable=False, comment='Argon2id; empty for those who log in by OAuth'),
        sa.Column('role', sa.String(16), nullable=False, comment='viewer, operator or admin'),
        sa.Column('cameras', sa.JSON(none_as_null=True), nullable=True, comment='their cameras; NULL is all'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when they were added'),
    )
    op.create_table(
        'login_sessions',
        sa.Column('token_sha256', sa.String(64), primary_key=True, comment="hash of the cookie's value"),
        sa.Column('user_name', sa.String(200), sa.ForeignKey('users.name', ondelete='CASCADE'), nullable=False,
                  comment='who logged in'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when'),
        sa.Column('used_utc', UtcDateTime(), nullable=False, comment='when it was last used, to the minute'),
    )
    op.create_index('ix_login_sessions_user', 'login_sessions', ['user_name'])
    op.create_table(
        'api_tokens',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('name', sa.String(200), nullable=False, comment='what it is for'),
        sa.Column('token_sha256', sa.String(64), nullable=False, unique=True, comment='hash of the secret'),
        sa.Column('role', sa.String(16), nullable=False, comment='viewer, operator or admin'),
        sa.Column('cameras', sa.JSON(none_as_null=True), nullable=True, comment='its cameras; NULL is all'),
        sa.Column('created_utc', UtcDateTime(), nullable=False, comment='when it was made'),
        sa.Column('expires_utc', UtcDateTime(), nullable=True, comment='NULL: never'),
        sa.Column('used_utc', UtcDateTime(), nullable=True, comment='when it was last used, to the minute'),
        sa.Column('revoked_utc', UtcDateTime(), nullable=True, comment='NULL: it works'),
    )
    op.create_table(
        'audit_log',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('at_utc', UtcDateTime(), nullable=False, comment='when'),
        sa.Column('who', sa.String(200), nullable=False, comment='user, token or local; empty for nobody known'),
        sa.Column('proof', sa.String(16), nullable=False,
                  comment='local, session, token or link; empty for nobody known'),
        sa.Column('address', sa.String(64), nullable=False,
                  comment='where from: an IP address, or page or command line'),
        sa.Column('action', sa.String(200), nullable=False, comment='POST /reset/{camera_id}, login, start ...'),
        sa.Column('camera_id', sa.String(64), nullable=True, comment='which camera; no key: it outlives the camera'),
        sa.Column('outcome', sa.Integer(), nullable=False, comment='HTTP status, or what would be one'),
        sa.Column('detail', sa.Text(), nullable=False, comment='a sentence; never a secret'),
    )
    op.create_index('ix_audit_log_time', 'audit_log', ['at_utc'])
    op.create_table(
        'changes',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('at_utc', UtcDateTime(), nullable=False, comment='when it was written'),
        sa.Column('kind', sa.String(16), nullable=False, comment='event, status, analysis, hour or report'),
        sa.Column('camera_id', sa.String(64), sa.ForeignKey('cameras.id'), nullable=False, comment='which camera'),
        sa.Column('severity', sa.String(16), nullable=False, comment='of an event; empty for the others'),
        sa.Column('payload', sa.JSON(), nullable=False, comment='what is told'),
        # A number that was told is never given again, even when the newest rows were deleted.
        sqlite_autoincrement=True,
    )
    op.create_index('ix_changes_camera', 'changes', ['camera_id'])
    op.add_column('cameras', sa.Column('sealed_settings', sa.Text(), nullable=True,
                  comment='encrypted settings of a camera that was added over the API; NULL: of livemon.toml'))
    op.add_column('realtime_events', sa.Column('note', sa.Text(), nullable=False, server_default='',
                  comment='what a person wrote about it'))
