"""words of events and windows are indexed, events are counted by day, and keep what was folded into them

Rows that are there already get into the index of words and into the counts later, in batches (word_index.py,
event_counts.py), and so do the indexes of a large table (event_indexes.py): a start does not wait for them.
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

KEYS = 'camera_id, severity, day, event_type, reviewed, label'
INDEXED = (('event_words', 'realtime_events'), ('window_words', 'segment_analyses'))
# An event that is not counted yet is counted by its batch, whatever is done to it before.
BELOW = "coalesce((SELECT below_id FROM word_index_progress WHERE name = 'event_counts'), 0)"
MOST_INDEXED_AT_ONCE = 100_000  # within a second; the background makes them on a larger table
COUNTED = 'start_utc, last_seen_utc, camera_id, severity, event_type, reviewed_utc, label'


def upgrade() -> None:
    op.add_column('realtime_events', sa.Column(
        'repeats', sa.JSON(), nullable=False, server_default='[]',
        comment='[{start_utc, end_utc, severity, title, description}] of the latest grave ones folded into this row'))
    if (op.get_bind().execute(sa.text('SELECT max(id) FROM realtime_events')).scalar() or 0) <= MOST_INDEXED_AT_ONCE:
        _indexes()
    op.create_table(
        'event_counts',
        sa.Column('camera_id', sa.String(64), primary_key=True, comment='which camera'),
        sa.Column('severity', sa.String(16), primary_key=True, comment="as the event's row has it"),
        sa.Column('day', sa.String(10), primary_key=True, comment='2026-11-22, UTC'),
        sa.Column('event_type', sa.String(16), primary_key=True, comment="as the event's row has it"),
        sa.Column('reviewed', sa.Integer(), primary_key=True, autoincrement=False, comment='1: a person looked at it'),
        sa.Column('label', sa.String(16), primary_key=True, comment="a person's verdict; empty for none"),
        sa.Column('events', sa.Integer(), nullable=False, comment='how many'),
        sa.Column('longest_s', sa.Double(), nullable=False, comment='none of them went on for longer; may be more than that'),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'word_index_progress',
        sa.Column('name', sa.String(32), primary_key=True, comment='event_words, window_words or event_counts'),
        sa.Column('below_id', sa.Integer(), nullable=False, comment='rows with a smaller id are not in it yet; 0: all are'),
        sa.Column('first_below_id', sa.Integer(), nullable=False, comment='what below_id was when it began'),
    )
    dialect = op.get_bind().dialect.name
    if dialect == 'sqlite':
        _sqlite()
    elif dialect == 'postgresql':
        _postgresql()
    for name, table in (*INDEXED, *([('event_counts', 'realtime_events')] if dialect in ('sqlite', 'postgresql') else [])):
        below = f'(SELECT coalesce(max(id) + 1, 0) FROM {table})'
        op.execute(f"INSERT INTO word_index_progress (name, below_id, first_below_id) VALUES ('{name}', {below}, {below})")


def _indexes() -> None:
    op.create_index('ix_realtime_events_severity', 'realtime_events',
                    ['camera_id', 'severity', 'start_utc', 'id', 'last_seen_utc'])
    for name, column in (('reviewed', 'reviewed_utc'), ('label', 'label')):
        columns = ['camera_id', 'severity', 'start_utc', 'id'] if name == 'reviewed' else ['camera_id', 'label', 'severity', 'start_utc', 'id']
        there = sa.text(f'{column} IS NOT NULL')
        op.create_index(f'ix_realtime_events_{name}', 'realtime_events', columns, sqlite_where=there, postgresql_where=there)


def _sqlite() -> None:
    for name, table in INDEXED:
        op.execute(f'CREATE VIRTUAL TABLE {name} USING fts5(words, tokenize = "ascii tokenchars \'_\'", columnsize = 0)')
        op.execute(f'CREATE TRIGGER {table}_unindexed AFTER DELETE ON {table} '
                   f'BEGIN DELETE FROM {name} WHERE rowid = OLD.id; END')

    def key(at: str) -> str:
        return (f"{at}.camera_id, {at}.severity, substr({at}.start_utc, 1, 10), {at}.event_type, {at}.reviewed_utc IS NOT NULL, "
                f"coalesce({at}.label, '')")

    def longest(at: str) -> str:
        return f'coalesce((julianday({at}.last_seen_utc) - julianday({at}.start_utc)) * 86400 + 1, 0)'

    add = (f"INSERT INTO event_counts ({KEYS}, events, longest_s) VALUES ({key('NEW')}, 1, {longest('NEW')}) "
           f"ON CONFLICT ({KEYS}) DO UPDATE SET events = events + 1, longest_s = max(longest_s, excluded.longest_s);")
    take = (f"UPDATE event_counts SET events = events - 1 WHERE ({KEYS}) = ({key('OLD')}); "
            f"DELETE FROM event_counts WHERE ({KEYS}) = ({key('OLD')}) AND events <= 0;")
    op.execute(f'CREATE TRIGGER realtime_events_counted AFTER INSERT ON realtime_events '
               f'WHEN NEW.id >= {BELOW} BEGIN {add} END')
    op.execute(f'CREATE TRIGGER realtime_events_recounted AFTER UPDATE OF {COUNTED} ON realtime_events '
               f'WHEN OLD.id >= {BELOW} BEGIN {add} {take} END')
    op.execute(f'CREATE TRIGGER realtime_events_uncounted AFTER DELETE ON realtime_events '
               f'WHEN OLD.id >= {BELOW} BEGIN {take} END')


def _postgresql() -> None:
    for name, table in INDEXED:
        op.execute(f'CREATE TABLE {name} (rowid integer PRIMARY KEY REFERENCES {table} (id) ON DELETE CASCADE, '
                   'words tsvector NOT NULL)')
        op.execute(f'CREATE INDEX ix_{name} ON {name} USING gin (words)')

    def key(at: str) -> str:
        return (f"{at}.camera_id, {at}.severity, to_char({at}.start_utc AT TIME ZONE 'UTC', 'YYYY-MM-DD'), {at}.event_type, "
                f"({at}.reviewed_utc IS NOT NULL)::integer, coalesce({at}.label, '')")

    def longest(at: str) -> str:
        return f'extract(epoch from {at}.last_seen_utc - {at}.start_utc)::double precision + 1'

    op.execute(f"""
        CREATE FUNCTION count_realtime_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (CASE TG_OP WHEN 'INSERT' THEN NEW.id ELSE OLD.id END) < {BELOW} THEN
                RETURN NULL;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO event_counts AS known ({KEYS}, events, longest_s) VALUES ({key('NEW')}, 1, {longest('NEW')})
                ON CONFLICT ({KEYS}) DO UPDATE
                SET events = known.events + 1, longest_s = greatest(known.longest_s, excluded.longest_s);
            END IF;
            IF TG_OP <> 'INSERT' THEN
                UPDATE event_counts SET events = events - 1 WHERE ({KEYS}) = ({key('OLD')});
                DELETE FROM event_counts WHERE ({KEYS}) = ({key('OLD')}) AND events <= 0;
            END IF;
            RETURN NULL;
        END $$
    """)
    for event, name in (('INSERT', 'counted'), (f'UPDATE OF {COUNTED}', 'recounted'), ('DELETE', 'uncounted')):
        op.execute(f'CREATE TRIGGER realtime_events_{name} AFTER {event} ON realtime_events '
                   'FOR EACH ROW EXECUTE FUNCTION count_realtime_event()')
