"""people, pets and zones at the moment of an event

Of events that are there already they stay unknown: kept detections name no zones, and counting people again in each
takes longer than a start may. Events get into the index of words anew, in batches, because what is unknown is a word in
it, too.
"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind, comment in (
        ('people', sa.Integer(), 'most people whom the detector found at its moment; NULL: unknown, which is not 0'),
        ('pets', sa.JSON(none_as_null=True), 'kinds of pets that it found then: dog, cat; NULL: not looked for'),
        ('zones', sa.JSON(none_as_null=True),
         'zones with a person in them then, and the zone that the event is about; NULL: unknown'),
    ):
        op.add_column('realtime_events', sa.Column(name, kind, nullable=True, comment=comment))
    below = '(SELECT coalesce(max(id) + 1, 0) FROM realtime_events)'
    op.execute(f"UPDATE word_index_progress SET below_id = {below}, first_below_id = {below} WHERE name = 'event_words'")
