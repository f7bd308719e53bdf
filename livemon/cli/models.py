"""The command line of prompts and money: `livemon prompt list | show | diff | check | use`, `livemon cost`.

Arguments in, sentences out; the work is done in inference/prompts.py and inference/costs.py. Exit codes: 0 done, 1 an
error that is said in a sentence, 2 wrong arguments.
"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livemon.base.clock import SystemClock
from livemon.base.errors import ConfigError, UnknownCamera
from livemon.base.model_types import Purpose
from livemon.base.settings.settings import Settings
from livemon.cli.common import ConfigOption, opened, sentences
from livemon.cli.language import say, told, warn, whole

if TYPE_CHECKING:
    from livemon.inference.costs import CostQueries
    from livemon.inference.prompts import PromptRegistry
    from livemon.store.session import Database

prompt_app = typer.Typer(help=told("cli.help_list_compare_promote"), no_args_is_help=True)

PromptArgument = Annotated[str, typer.Argument(help=told("cli.help_name_version_prompt"))]


@prompt_app.command("list", help=told("cli.command_models_list_prompts"))
def list_prompts(config: ConfigOption = None) -> None:
    """List all prompts, and the cameras for which each is live."""
    with opened(config) as (settings, database):
        book = _book(settings, database)
        table = book.table()
        typer.echo(table.to_string(index=False))
        for problem in book.problems(settings.cameras):
            warn(problem)


@prompt_app.command(help=told("cli.command_models_show"))
def show(prompt: PromptArgument, config: ConfigOption = None) -> None:
    """Print a prompt as a file: a beginning for one of your own."""
    with opened(config) as (settings, database):
        book = _book(settings, database)
        found = book.get(prompt)
        typer.echo(f"# version {found.version}")
        typer.echo(found.to_toml(), nl=False)


@prompt_app.command(help=told("cli.command_models_diff"))
def diff(one: PromptArgument, other: PromptArgument, config: ConfigOption = None) -> None:
    """Show in what two prompts differ."""
    with opened(config) as (settings, database):
        book = _book(settings, database)
        typer.echo(book.diff(one, other) or told("cameras.they_same"))


@prompt_app.command(help=told("cli.command_models_check"))
def check(file: Annotated[Path, typer.Argument(help=told("cli.help_prompt_file"))]) -> None:
    """Say whether a file is a prompt, and which version."""
    from livemon.vlm.prompt import load_prompt
    from livemon.vlm.tokens import text_tokens

    with sentences():
        prompt = load_prompt(file)
        fixed = text_tokens(prompt.instructions) + text_tokens(prompt.template)
        say("cli.prompt_checked", file=file, purpose=prompt.purpose.value, version=prompt.version, fixed=fixed)


@prompt_app.command(help=told("cli.command_models_use"))
def use(
    prompt: PromptArgument,
    camera: Annotated[str, typer.Option("--camera", help=told("cli.help_which_camera"))],
    note: Annotated[str, typer.Option("--note", help=told("cli.help_why_record"))] = "",
    config: ConfigOption = None,
) -> None:
    """Make a prompt live for a camera, from its next question on; nothing is restarted."""
    with opened(config) as (settings, database):
        book = _book(settings, database)
        _know(settings, database, camera)
        made_live = book.promote(camera, prompt, by=_somebody(), note=note)
        say("cli.prompt_live", camera=camera, purpose=made_live.purpose.value, prompt=prompt, version=made_live.version)


@prompt_app.command(help=told("cli.command_models_reset"))
def reset(
    purpose: Annotated[Purpose, typer.Argument(help=told("cli.help_look_study"))],
    camera: Annotated[str, typer.Option("--camera", help=told("cli.help_which_camera"))],
    config: ConfigOption = None,
) -> None:
    """Go back to the prompt that the settings name for a camera."""
    with opened(config) as (settings, database):
        book = _book(settings, database)
        _know(settings, database, camera)
        book.demote(camera, purpose, by=_somebody())
        live, _ = book.in_use(camera, purpose)
        say("cli.prompt_live", camera=camera, purpose=purpose.value, prompt=live.name, version=live.prompt.version)


def cost(
    camera: Annotated[str | None, typer.Option("--camera", help=told("cli.help_only_camera_all"))] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help=told("cli.help_spent_so_many"))] = 1,
    config: ConfigOption = None,
) -> None:
    """Say what was spent, how the budgets stand, and what a day will cost."""
    with opened(config) as (settings, database):
        book = _book(settings, database)
        if camera is not None and camera not in settings.cameras:
            raise UnknownCamera(camera, sorted(settings.cameras))
        money, why_no_forecast = _money(settings, database, book)
        spent = money.spent(days, camera)
        say("cli.spent_in_days" if days > 1 else "cli.spent_today", n=days)
        typer.echo(spent.to_string(index=False) if len(spent) else told("cli.nothing_spent"))
        if int(spent["unknown_cost"].sum()):
            say("cli.cost_unknown")
        for camera_id in [camera] if camera else settings.cameras:
            balance = money.balance(camera_id)
            typer.echo()
            if balance.said is None:
                say("cli.camera_looks", camera=camera_id, step=balance.step.said)
            else:
                say("cli.camera_looks_because", camera=camera_id, step=balance.step.said, reason=balance.said)
            caps = money.budget(camera_id).assign(of=[told(line.code) for line in balance.lines])
            typer.echo(caps.to_string(index=False, float_format="%.4f"))
            if not why_no_forecast:
                say("cli.forecast")
                table = money.forecast(camera_id)
                table["based_on"] = table["based_on"].map(whole)
                typer.echo(table.to_string(index=False, float_format="%.4f", na_rep="unknown"))
        if why_no_forecast:
            typer.echo()
            say("cli.no_forecast", reason=why_no_forecast)


def _know(settings: Settings, database: Database, camera_id: str) -> None:
    """Make sure that the camera has its row: nothing may have been started yet."""
    from livemon.store import writes

    if camera_id not in settings.cameras:
        raise UnknownCamera(camera_id, sorted(settings.cameras))
    name = settings.cameras[camera_id].name or camera_id
    writes.add_missing_cameras(database, {camera_id: name}, SystemClock().now())


def _book(settings: Settings, database: Database) -> PromptRegistry:
    from livemon.inference.prompts import PromptRegistry

    return PromptRegistry(settings, database, SystemClock())


def _money(settings: Settings, database: Database, book: PromptRegistry) -> tuple[CostQueries, str]:
    """Return the money, and why nothing can be forecast: what was spent is known without the model's key, too."""
    from livemon.inference.costs import CostQueries
    from livemon.inference.pool import LOCAL, NONE, ModelPool

    clock = SystemClock()
    try:
        pool, why_not = ModelPool(settings, clock), ""
    except ConfigError as exc:
        pool, why_not = ModelPool(settings.model_copy(update={"model": LOCAL, "fallback": NONE}), clock), str(exc)
    return CostQueries(settings, database, pool, book, clock), why_not


def _somebody() -> str:
    """Return the user's name; in a container the user may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
