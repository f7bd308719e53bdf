"""Checks of livemon's requirements, with remedies: `livemon doctor`.

Each check is a function from settings to a Finding; the database is made or upgraded by being checked. Printing lives
in app.py.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from getpass import getuser
from pathlib import Path

import numpy as np

from livemon.archive.copies.address import bucket_label, open_vault
from livemon.archive.copies.copy_notices import BEHIND
from livemon.archive.copies.key_store import KeyStore
from livemon.archive.copies.ownership import check_owner
from livemon.base.clock import SystemClock
from livemon.base.datatypes import Frame, Language, LookReason, Severity
from livemon.base.errors import LivemonError
from livemon.base.messages.catalog import hint, text
from livemon.base.messages.message import Message, message
from livemon.base.model_types import Answer, AnswerStatus, Look, Purpose
from livemon.base.private_files import exposed, mend, trouble
from livemon.base.settings.models import RuleCondition
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamProfile
from livemon.base.web_address import in_url
from livemon.cameras.lease_plan import CLOCK_TOLERANCE_S, clock_ahead_s
from livemon.cameras.sideways import sideways_message
from livemon.detect.registry import open_detector, open_pet_detector
from livemon.inference.gateway import NOBODY_ANSWERED
from livemon.inference.pool import ModelPool
from livemon.inference.prompts import PromptRegistry
from livemon.notify.reachability import unreachable_because
from livemon.notify.recipients import RecipientRegistry
from livemon.reports.making.export import pdf_trouble
from livemon.store import copies
from livemon.store.camera_leases import database_now
from livemon.store.session import Database
from livemon.store.tables.copies import CopyState
from livemon.stream.ffmpeg import can_map_tones
from livemon.stream.sources.check import check_source
from livemon.stream.sources.registry import open_source
from livemon.stream.sources.video_queue import normalise
from livemon.stream.tools import find_tool
from livemon.vlm.hosted.hosted_model import PromptedModel
from livemon.vlm.prompt import default_name, shipped_prompts
from livemon.vlm.provider import PromptTerms
from livemon.web.pages.parts.player import built_player

MIN_FREE_GB = 2.0
WARN_BEFORE = timedelta(days=90)
"""A model that ends sooner is said."""

GB_PER_CAMERA_DAY = 5.0
"""Measured with the rendered clips at 640x480 and 5 fps, archives only; busy scenes take more."""


class CheckResult(StrEnum):
    """Result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Finding of a check, in a sentence, with its remedy."""

    subject: str
    verdict: CheckResult
    said: Message

    @property
    def text(self) -> str:
        """The finding, in English."""
        return text(self.said)

    @property
    def advice(self) -> str:
        """The remedy, in English; empty when none is needed."""
        return hint(self.said)


def examine(settings: Settings) -> Iterator[Finding]:
    """Run all checks, one after the other."""
    for subject, check in CHECKS.items():
        try:
            yield check(settings, subject)
        except LivemonError as exc:
            yield Finding(subject, CheckResult.FAILED, exc.said)
    for camera_id in settings.cameras:
        yield from _check_camera(settings, camera_id)


def _check_ffmpeg(_settings: Settings, subject: str) -> Finding:
    for name in ("ffprobe", "prlimit", "setpriv"):
        find_tool(name)
    run = subprocess.run(
        [find_tool("ffmpeg"), "-hide_banner", "-encoders"], capture_output=True, text=True, check=False
    )
    if "libx264" not in run.stdout:
        return Finding(subject, CheckResult.FAILED, message("doctor.no_libx264"))
    if not can_map_tones():
        return Finding(subject, CheckResult.WARNING, message("doctor.no_tone_mapping"))
    return Finding(subject, CheckResult.OK, message("doctor.ffmpeg", path=find_tool("ffmpeg")))


def _check_player(_settings: Settings, subject: str) -> Finding:
    return Finding(subject, CheckResult.OK, message("doctor.player_built", file=built_player("panel_player").name))


def _check_disk(settings: Settings, subject: str) -> Finding:
    folder = settings.data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Finding(subject, CheckResult.FAILED, message("doctor.folder_not_writable", folder=existing))
    free_gb = shutil.disk_usage(existing).free / 1e9
    need_gb = MIN_FREE_GB + GB_PER_CAMERA_DAY * len(settings.cameras)
    if free_gb < MIN_FREE_GB:
        return Finding(subject, CheckResult.FAILED, message("doctor.space_too_small", free_gb=free_gb, folder=folder))
    if free_gb < need_gb:
        return Finding(
            subject,
            CheckResult.WARNING,
            message(
                "doctor.space_for_less_than_a_day",
                free_gb=free_gb,
                folder=folder,
                cameras=len(settings.cameras),
                need_gb=need_gb,
            ),
        )
    return Finding(subject, CheckResult.OK, message("doctor.space", free_gb=free_gb, folder=folder))


def fix(settings: Settings) -> Finding:
    """Take the rights of other users from the data folder and all in it, and say what was done."""
    folder = settings.data_dir.absolute()
    mended, left = mend(folder)
    if left:
        names = ", ".join(map(str, left[:3]))
        return Finding(
            "mended",
            CheckResult.FAILED,
            message("doctor.mended_in_part", mended=mended, folder=folder, left=len(left), names=names, user=getuser()),
        )
    return Finding("mended", CheckResult.OK, message("doctor.mended", mended=mended, folder=folder))


def _check_privacy(settings: Settings, subject: str) -> Finding:
    """Look for what other users of the machine can read in the data folder, or put there."""
    folder = settings.data_dir.absolute()
    said = trouble(folder)
    if said is not None:
        return Finding(subject, CheckResult.FAILED, said)
    found = list(exposed(folder))
    if found:
        return Finding(subject, CheckResult.WARNING, message("doctor.exposed", count=len(found), example=found[0]))
    return Finding(subject, CheckResult.OK, message("doctor.private", folder=folder))


def _check_database(settings: Settings, subject: str) -> Finding:
    database = Database(settings.database)
    try:
        if database.is_shared:
            clock = SystemClock()
            ahead_s = clock_ahead_s(clock.now(), database_now(database), clock.now())
            if abs(ahead_s) > CLOCK_TOLERANCE_S:
                return Finding(subject, CheckResult.WARNING, message("doctor.clock_differs", ahead_s=ahead_s))
        return Finding(subject, CheckResult.OK, message("doctor.database", dialect=database.engine.dialect.name))
    finally:
        database.close()


def _check_notifications(settings: Settings, subject: str) -> Finding:
    """Say whether anybody is told of a danger, and whether they can answer."""
    database = Database(settings.database)
    try:
        entries = RecipientRegistry(settings, database, SystemClock()).all()
    finally:
        database.close()
    for entry in entries:
        if entry.problem:
            return Finding(
                subject,
                CheckResult.FAILED,
                message("doctor.recipient_wrong", recipient=entry.name, problem=entry.problem),
            )
    told = [one.name for one in entries if one.enabled and one.addresses and one.is_told(Severity.DANGER)]
    if not told:
        return Finding(subject, CheckResult.WARNING, message("doctor.nobody_told"))
    if not settings.public_url:
        return Finding(subject, CheckResult.OK, message("doctor.told_without_link", told=told))
    problems = unreachable_because(settings)
    if problems:
        refused = problems[0].code == "reach.host_refused"
        said = message("doctor.told_unreachable", told=told, problem=problems[0])
        return Finding(
            subject, CheckResult.FAILED if refused else CheckResult.WARNING, problems[0] if refused else said
        )
    return Finding(subject, CheckResult.OK, message("doctor.told", told=told))


def _check_copies(settings: Settings, subject: str) -> Finding:
    """Ask the bucket of the copies whose it is, and the database how much waits."""
    if not settings.copies.enabled:
        return Finding(subject, CheckResult.OK, message("doctor.no_copies"))
    keys = KeyStore(settings.data_dir).keys()
    vault = open_vault(settings, keys)
    database = Database(settings.database)
    try:
        check_owner(vault, keys, database)
        totals = copies.totals(database, bucket_label(settings))
    finally:
        database.close()
    since = totals.waiting_since_utc
    count = totals.counts.get(CopyState.WAITING.value, 0)
    if since is not None and SystemClock().now() - since >= BEHIND:
        return Finding(subject, CheckResult.WARNING, message("doctor.copies_behind", n=count, since=since))
    code = "doctor.copies" if settings.copies.encrypt else "doctor.copies_plain"
    verdict = CheckResult.OK if settings.copies.encrypt else CheckResult.WARNING
    return Finding(subject, verdict, message(code, bucket=vault.bucket.label, n=count))


def _check_model(settings: Settings, subject: str) -> Finding:
    """Open the models as a monitor would, and ask one question with the live prompt; says what it cost."""
    clock = SystemClock()
    pool = ModelPool(settings, clock)
    if not isinstance(pool.main, PromptedModel):
        verdict = CheckResult.WARNING if pool.notice else CheckResult.OK
        code = "doctor.local_model_though_key" if pool.notice else "doctor.local_model"
        return Finding(subject, verdict, message(code, model=pool.main.name))
    database = Database(settings.database)
    terms = PromptTerms.of(shipped_prompts()[default_name(Purpose.LOOK, "en")])
    try:
        book = PromptRegistry(settings, database, clock)
        for camera_id in settings.cameras:
            for purpose in Purpose:
                live = PromptTerms.of(book.live(camera_id, purpose).prompt)
                pool.main.require(live)
                terms = live if purpose is Purpose.LOOK else terms
    finally:
        database.close()
    answer = asyncio.run(_ask_and_close(pool.main, terms))
    stand_in = pool.fallback.name if pool.fallback is not None else message("doctor.nobody")
    asked = {"name": pool.main.name, "model": answer.model, "cost": _cost(answer)}
    if answer.status is AnswerStatus.OK:
        ending = ends_soon(pool.main, (answer.model, pool.cheaper_model), clock.now().date())
        if ending:
            return Finding(
                subject, CheckResult.WARNING, message("doctor.model_ends", **asked, stand_in=stand_in, ends=ending)
            )
        return Finding(subject, CheckResult.OK, message("doctor.model_answers", **asked, stand_in=stand_in))
    if answer.status in NOBODY_ANSWERED:
        code = "model.away" if answer.status is AnswerStatus.UNAVAILABLE else "doctor.model_refuses"
        return Finding(subject, CheckResult.FAILED, message(code, reason=answer.error))
    return Finding(
        subject,
        CheckResult.WARNING,
        message("doctor.model_answers_badly", **asked, status=answer.status.value, reason=answer.error),
    )


def ends_soon(model: PromptedModel, names: Iterable[str], day: date) -> tuple[Message, ...]:
    """Return which models are turned off soon, by the catalog; empty when none is."""
    ends = {name: model.entry(name).shutdown for name in names if name}
    return tuple(
        message("doctor.turned_off", model=name, day=end)
        for name, end in ends.items()
        if end and end - day <= WARN_BEFORE
    )


def _cost(answer: Answer) -> str | Message:
    if answer.cost_usd is None:
        return message("doctor.unknown_amount")
    return f"${answer.cost_usd:.4f}" if answer.cost_usd else message("doctor.nothing")


async def _ask_and_close(model: PromptedModel, terms: PromptTerms) -> Answer:
    """Ask whether key and model are right, which costs nothing, and then about one grey picture."""
    picture = np.full((240, 320, 3), 128, np.uint8)
    look = Look("doctor", LookReason.ASKED, (Frame("doctor", SystemClock().now(), picture),))
    try:
        await model.check()
        return await model.ask(await asyncio.to_thread(model.prepare, look, terms))
    finally:
        await model.close()


def _check_people(settings: Settings, subject: str) -> Finding:
    """Load the detector as a camera would, and show it a grey picture."""
    detector = open_detector(settings.detector)
    if idle := _rules_that_cannot_fire(settings, people=detector is not None):
        return Finding(subject, CheckResult.WARNING, message("doctor.rules_cannot_fire", rules=idle))
    if detector is None:
        return Finding(subject, CheckResult.OK, message("doctor.people_not_looked_for"))
    grey = np.full((240, 320, 3), 128, np.uint8)
    detector.people(grey)
    if (pet_detector := open_pet_detector(settings.detector, wanted=settings.pets)) is not None:
        pet_detector.pets(grey)
    return Finding(subject, CheckResult.OK, message("doctor.people_looked_for", detector=detector.name))


def _rules_that_cannot_fire(settings: Settings, *, people: bool) -> list[str]:
    """Return the zone rules, with their cameras, that need what is not looked for."""
    return [
        f"{rule.name} ({camera_id})"
        for camera_id, own in settings.cameras.items()
        for rule in own.zone_rules
        if rule.enabled and not (people and (settings.pets or rule.when is not RuleCondition.PET))
    ]


def _check_reports(settings: Settings, subject: str) -> Finding:
    """Look for what prints reports; without it they are made all the same, as HTML."""
    if not settings.report.pdf:
        return Finding(subject, CheckResult.OK, message("doctor.html_only"))
    trouble = pdf_trouble()
    if trouble:
        return Finding(subject, CheckResult.WARNING, message("doctor.no_pdf", trouble=trouble))
    languages = {settings.report.language, *(camera.language for camera in settings.cameras.values())}
    if Language.KOREAN in languages and not _has_korean_font():
        return Finding(subject, CheckResult.WARNING, message("doctor.no_korean_font"))
    return Finding(subject, CheckResult.OK, message("doctor.html_and_pdf"))


def _has_korean_font() -> bool:
    listing = shutil.which("fc-list")
    if listing is None:
        return False
    run = subprocess.run([listing, ":lang=ko", "family"], capture_output=True, text=True, check=False)
    return bool(run.stdout.strip())


def _check_port(settings: Settings, subject: str) -> Finding:
    shown = f"{in_url(settings.address)}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    with socket.socket(family) as probing:
        # As servers do: a port whose last connections are still closing is free.
        probing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probing.bind((settings.address, settings.port))
        except OSError as exc:
            return Finding(
                subject, CheckResult.WARNING, message("doctor.port_taken", address=shown, reason=exc.strerror)
            )
    return Finding(subject, CheckResult.OK, message("doctor.port_free", address=shown))


def _check_camera(settings: Settings, camera_id: str) -> Iterator[Finding]:
    """Check a camera's source: ask a camera what it sends, try each file of a folder."""
    subject = f"camera {camera_id}"
    text = settings.cameras[camera_id].source
    source = open_source(text, settings.data_dir / "clips", StreamProfile(), lambda _name, _reason: None)
    try:
        source.check()
        files = source.files()
        if not files:
            report = asyncio.run(check_source(source))
            yield Finding(subject, CheckResult.OK, message("doctor.source", report=report.said))
            if found := sideways_message(report.picture, settings.cameras[camera_id].rotate):
                yield Finding(subject, CheckResult.WARNING, found)
            return
    except LivemonError as exc:
        yield Finding(subject, CheckResult.FAILED, exc.said)
        return
    broken = 0
    for path in files:
        try:
            with tempfile.TemporaryDirectory() as temporary:
                normalise(path, Path(temporary) / "clip.h264", StreamProfile(), limit_s=2)
        except OSError as exc:
            broken += 1
            yield Finding(
                subject, CheckResult.WARNING, message("doctor.file_not_readable", file=path.name, reason=exc.strerror)
            )
        except LivemonError as exc:
            broken += 1
            yield Finding(subject, CheckResult.WARNING, exc.said)
    verdict = CheckResult.FAILED if broken == len(files) else CheckResult.OK
    yield Finding(
        subject, verdict, message("doctor.files_play", good=len(files) - broken, all=len(files), folder=source.label)
    )


CHECKS: dict[str, Callable[[Settings, str], Finding]] = {
    "ffmpeg": _check_ffmpeg,
    "player": _check_player,
    "disk": _check_disk,
    "privacy": _check_privacy,
    "database": _check_database,
    "copies": _check_copies,
    "notifications": _check_notifications,
    "model": _check_model,
    "people": _check_people,
    "reports": _check_reports,
    "port": _check_port,
}
