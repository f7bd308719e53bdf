"""The command line's `livemon search`: events and windows with certain words, as the Events page finds them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from livemon.base.errors import UnknownCamera
from livemon.cli.common import ConfigOption, opened
from livemon.cli.language import say, told, whole


def search(
    text: Annotated[str, typer.Argument(help=told("cli.help_words_must_all"))],
    camera: Annotated[str | None, typer.Option("--camera", help=told("cli.help_only_camera_all"))] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help=told("cli.help_most_events_most"))] = 20,
    config: ConfigOption = None,
) -> None:
    """Look for words in events, notes on them, and what was said of ten-minute windows."""
    with opened(config) as (settings, database):
        from livemon.store import event_search
        from livemon.store.day_queries import camera_names
        from livemon.store.search_words import read_terms
        from livemon.store.window_search import search_windows

        known = camera_names(database)
        if camera is not None and camera not in known:
            raise UnknownCamera(camera, sorted(known))
        read_terms(text)  # an empty text is a slip, and no wish for all events
        wanted = event_search.EventSearch(tuple(known) if camera is None else (camera,), text=text)
        events = event_search.search(database, wanted, limit).to_dict("records")
        windows = search_windows(database, wanted, limit).to_dict("records")

        def at(moment: datetime) -> str:
            return f"{moment.astimezone(settings.zone_named()):%Y-%m-%d %H:%M:%S}"

        for event in events:
            start = at(event["start_utc"].to_pydatetime())
            typer.echo(f"{start}  {event['camera_id']}  {event['severity']}  {event['title']} (event {event['id']})")
        for window in windows:
            start = at(window["window_start_utc"].to_pydatetime())
            typer.echo(f"{start}  {window['camera_id']}  window  {window['summary']}")
        if not events and not windows:
            say("cli.nothing_found")
        for note in event_search.notes(database, wanted):
            typer.echo(whole(note))
