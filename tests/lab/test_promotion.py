"""Past looks asked again, a prompt that looks along, and promotion on evidence: on a camera that streams."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from livemon.base.errors import ConfigError, LabError, NotPromoted, UnknownCamera, UnknownPrompt
from livemon.base.model_types import Answer, AnswerStatus, Look, Purpose
from livemon.lab.data.dataset import Dataset
from livemon.lab.experiment import Experiment
from livemon.lab.scoring.match_rule import MatchRule
from livemon.monitor.monitor import Monitor
from livemon.store import shadows
from livemon.vlm.prompt import Prompt
from livemon.vlm.provider import PromptTerms
from tests.lab.bench import PRICE_USD, PromptedModel, answer, answered, reply_text
from tests.waiting import wait_until

CAM = "camera-1"


@pytest.fixture
def live(monitor: Monitor, quiet: Prompt) -> Prompt:
    """What is live for the camera: it sees nothing."""
    monitor.prompts.keep(quiet, "quiet")
    monitor.prompts.promote(CAM, quiet.version, by="test")
    return quiet


def looks(monitor: Monitor, shadow: str | None = None) -> int:
    now = monitor.clock.now()
    return len(shadows.looks_of(monitor.database, CAM, now - timedelta(hours=1), now, shadow=shadow))


def watched(monitor: Monitor, count: int = 3) -> None:
    monitor.start(CAM)
    wait_until(lambda: looks(monitor) >= count)
    monitor.stop(CAM)


def test_past_looks_are_asked_again_on_their_very_frames(
    monitor: Monitor, live: Prompt, falls: Prompt, paid: PromptedModel
) -> None:
    watched(monitor)
    asked = list(paid.asked)
    since, now = monitor.clock.now() - timedelta(hours=1), monitor.clock.now()
    changes = monitor.lab.replay({"falls": falls}, CAM, since, now, cap_usd=1, progress=False)
    again = paid.asked[len(asked) :]
    assert [[frame.utc for frame in look.frames] for look, _ in again] == [
        [frame.utc for frame in look.frames] for look, _ in asked
    ]
    assert [[frame.sha256 for frame in look.frames] for look, _ in again] == [
        [frame.sha256 for frame in look.frames] for look, _ in asked
    ]
    assert [look.scene.last_seen for look, _ in again] == [look.scene.last_seen for look, _ in asked]
    assert (changes.looks, changes.inexact) == (len(asked), 0)
    assert changes.table["change"].tolist() == ["new"] * len(asked)
    assert changes.cost_usd == pytest.approx(PRICE_USD * len(asked))
    assert f"of dangers {len(asked)} new, 0 lost" in changes.sentence
    assert changes.sentence.startswith(f"falls ({falls.version[:8]}) on paid-1 instead of quiet ({live.version[:8]})")
    assert len(monitor.events(CAM)) == 0


def test_a_replay_stops_at_its_cap_and_a_second_one_pays_for_the_rest_only(
    monitor: Monitor, live: Prompt, falls: Prompt, paid: PromptedModel
) -> None:
    watched(monitor)
    before = len(paid.asked)
    since, now = monitor.clock.now() - timedelta(hours=1), monitor.clock.now()
    first = monitor.lab.replay({"falls": falls}, CAM, since, now, cap_usd=PRICE_USD * 1.5, progress=False)
    assert first.looks == 1
    assert any("of $0.0015 are left" in why for why in first.left_out)
    second = monitor.lab.replay({"falls": falls}, CAM, since, now, cap_usd=1, progress=False)
    assert second.looks == before
    assert len(paid.asked) == 2 * before


def test_a_replay_of_nothing_is_refused(monitor: Monitor, falls: Prompt) -> None:
    now = monitor.clock.now()
    with pytest.raises(LabError, match="made no look"):
        monitor.lab.replay({"falls": falls}, CAM, now - timedelta(hours=1), now, cap_usd=1, progress=False)
    with pytest.raises(UnknownCamera):
        monitor.lab.replay({"falls": falls}, "attic", now - timedelta(hours=1), now, cap_usd=1, progress=False)
    for cap_usd, said in ((None, "costs money"), (float("nan"), "`cap_usd` must be a number")):
        with pytest.raises(LabError, match=said):
            monitor.lab.replay({"falls": falls}, CAM, now - timedelta(hours=1), now, cap_usd=cap_usd)
    with pytest.raises(ConfigError, match="for a study"):
        monitor.lab.replay("study_en", CAM, now - timedelta(hours=1), now, cap_usd=1)
    with pytest.raises(LabError, match="not several"):
        monitor.lab.replay({"a": falls, "b": falls}, CAM, now - timedelta(hours=1), now, cap_usd=1)


def test_footage_that_is_gone_is_left_out_of_a_replay(
    monitor: Monitor, live: Prompt, falls: Prompt, paid: PromptedModel
) -> None:
    watched(monitor)
    for path in monitor.camera(CAM).hls_folder.glob("*.ts"):
        path.unlink()
    since, now = monitor.clock.now() - timedelta(hours=1), monitor.clock.now()
    changes = monitor.lab.replay({"falls": falls}, CAM, since, now, cap_usd=1, progress=False)
    assert changes.looks == 0
    assert changes.left_out == {"their footage is gone": len(paid.asked)}


def test_a_shadow_looks_along_and_nobody_is_told(
    monitor: Monitor, live: Prompt, falls: Prompt, paid: PromptedModel
) -> None:
    monitor.prompts.keep(falls, "falls")
    (shadow,) = monitor.lab.shadow(falls.version, CAM, hours=1, by="ann")
    monitor.start(CAM)
    wait_until(lambda: looks(monitor, shadow=falls.version) >= 2)
    monitor.lab.end_shadow(shadow)
    monitor.stop(CAM)
    assert len(monitor.events(CAM, event_type="safety")) == 0
    result = monitor.lab.shadow_result(shadow)
    assert result.looks >= 2
    assert set(result.table["change"]) == {"new"}
    assert result.sentence.startswith(f"falls ({falls.version[:8]}) instead of quiet ({live.version[:8]})")
    assert result.cost_usd == pytest.approx(PRICE_USD * looks(monitor, shadow=falls.version))
    assert monitor.lab.shadows().iloc[0]["by"] == "ann"
    # What the shadow saw is not told to the live prompt at its next look.
    assert {terms.prompt.version for _, terms in paid.asked} == {live.version, falls.version}
    made = monitor.stats(CAM)["looks"]
    assert made == {"ok": looks(monitor)}


def test_a_shadow_that_fails_tells_nobody(monitor: Monitor, live: Prompt, falls: Prompt, paid: PromptedModel) -> None:
    def reply(look: Look, terms: PromptTerms) -> Answer:
        if terms.prompt.version == falls.version:
            return Answer("paid-1", AnswerStatus.UNPARSABLE, error="no JSON", prompt_version=falls.version)
        return answer(look, terms)

    paid.reply = reply
    monitor.prompts.keep(falls, "falls")
    (shadow,) = monitor.lab.shadow(falls.version, CAM)
    monitor.start(CAM)
    wait_until(lambda: looks(monitor, shadow=falls.version) >= 2)
    monitor.stop(CAM)
    assert len(monitor.events(CAM)) == 0
    assert set(monitor.lab.shadow_result(shadow).table["change"]) == {"unknown"}


def test_a_second_shadow_ends_the_first_and_one_that_has_ended_is_not_asked(
    monitor: Monitor, quiet: Prompt, falls: Prompt
) -> None:
    for prompt, name in ((quiet, "quiet"), (falls, "falls")):
        monitor.prompts.keep(prompt, name)
    first, second = (monitor.lab.shadow(one.version, CAM)[0] for one in (quiet, falls))
    now = monitor.clock.now()
    assert shadows.shadow_now(monitor.database, CAM, now) == falls.version
    assert shadows.shadow_now(monitor.database, CAM, now + timedelta(hours=25)) == ""
    monitor.lab.end_shadow(second)
    assert shadows.shadow_now(monitor.database, CAM, monitor.clock.now()) == ""
    assert monitor.lab.shadows()["id"].tolist() == [second, first]


def test_what_cannot_look_along_is_refused(monitor: Monitor) -> None:
    with pytest.raises(ConfigError, match="for a study"):
        monitor.lab.shadow("study_en", CAM)
    with pytest.raises(UnknownPrompt):
        monitor.lab.shadow("nothing", CAM)
    with pytest.raises(LabError, match="no shadow 7"):
        monitor.lab.shadow_result(7)
    for hours in (-1, 0, float("nan")):
        with pytest.raises(LabError, match="greater than 0"):
            monitor.lab.shadow("look_en", CAM, hours=hours)


def compared(monitor: Monitor, dataset: Dataset, **prompts: Prompt) -> Experiment:
    return monitor.lab.experiment(dataset, prompts).run(1, progress=False)


def live_version(monitor: Monitor) -> str:
    return monitor.prompts.live(CAM, Purpose.LOOK).prompt.version


def test_a_better_prompt_becomes_live_with_its_evidence_and_goes_back(
    monitor: Monitor, live: Prompt, dataset: Dataset, falls: Prompt
) -> None:
    evidence = compared(monitor, dataset, quiet=live, falls=falls)
    made = monitor.lab.promote(falls, CAM, evidence, by="ann", note="tuned on clips")
    assert live_version(monitor) == falls.version
    newest = monitor.prompts.history(CAM, Purpose.LOOK).iloc[0]
    assert (newest["by"], newest["version"]) == ("ann", falls.version)
    assert newest["note"].startswith(
        f"tuned on clips. experiment {evidence.id} on dataset {dataset.version[:8]}: falls"
    )
    assert "finds 3 more of 3 falls" in newest["note"]
    assert (
        f"falls ({falls.version[:8]}) on paid-1 loses at most 0% of the dangers (95% bound; margin 10%)"
        in newest["note"]
    )
    assert falls.version[:8] in str(made)
    back = monitor.lab.roll_back(CAM, by="ann")
    assert back[CAM].prompt.version == live_version(monitor) == live.version


def test_a_prompt_that_finds_fewer_dangers_is_refused_unless_forced(
    monitor: Monitor, live: Prompt, dataset: Dataset, quiet: Prompt, falls: Prompt
) -> None:
    monitor.prompts.keep(falls, "falls")
    monitor.prompts.promote(CAM, falls.version, by="test")
    evidence = compared(monitor, dataset, falls=falls, quiet=quiet)
    with pytest.raises(NotPromoted, match=r"none of the 3 labelled dangers: .* quiet .* finds 0, and falls .* 3"):
        monitor.lab.promote(quiet, CAM, evidence)
    assert live_version(monitor) == falls.version
    monitor.lab.promote(quiet, CAM, evidence, force=True, by="bob")
    assert live_version(monitor) == quiet.version
    assert "forced: It finds none of the 3" in monitor.prompts.history(CAM, Purpose.LOOK).iloc[0]["note"]


def test_too_few_dangers_show_nothing_and_it_says_how_many_would(
    monitor: Monitor, dataset: Dataset, falls: Prompt
) -> None:
    monitor.prompts.keep(falls, "falls")
    monitor.prompts.promote(CAM, falls.version, by="test")
    same = falls.changed(instructions=f"{falls.instructions} Be brief.")
    evidence = compared(monitor, dataset, falls=falls, same=same)
    with pytest.raises(NotPromoted, match=r"Not enough labelled dangers: of 3 .* finds 3, .* About \d+ more"):
        monitor.lab.promote(same, CAM, evidence)
    for margin in (0, 1, -0.1, float("nan"), float("inf"), "wide", None):
        with pytest.raises(LabError, match="must be a share of the dangers"):
            monitor.lab.promote(same, CAM, evidence, margin=margin)
    assert live_version(monitor) == falls.version


def test_without_evidence_nothing_becomes_live(
    monitor: Monitor, live: Prompt, dataset: Dataset, falls: Prompt, quiet: Prompt
) -> None:
    with pytest.raises(NotPromoted, match="no evidence"):
        monitor.lab.promote(falls, CAM)
    other = falls.changed(instructions="Report falls, and be sure.")
    with pytest.raises(NotPromoted, match="did not compare"):
        monitor.lab.promote(falls, CAM, compared(monitor, dataset, other=other, falls=falls))
    stopped = monitor.lab.experiment(dataset, {"quiet": quiet, "falls": falls}).run(PRICE_USD, progress=False)
    with pytest.raises(NotPromoted, match="is not done"):
        monitor.lab.promote(falls, CAM, stopped)
    with pytest.raises(UnknownCamera):
        monitor.lab.promote(falls, ["camera-1", "attic"])
    assert live_version(monitor) == live.version


def test_evidence_without_dangers_says_nothing(monitor: Monitor, live: Prompt, dataset: Dataset, falls: Prompt) -> None:
    safe = dataset.only([replace(item, truths=()) for item in dataset.items])
    with pytest.raises(NotPromoted, match="No danger is labelled"):
        monitor.lab.promote(falls, CAM, compared(monitor, safe, quiet=live, falls=falls))


def test_what_is_live_already_needs_no_evidence(monitor: Monitor, live: Prompt) -> None:
    assert "it was live already" in str(monitor.lab.promote(live, CAM))


def test_a_lower_severity_is_told_by_a_replay(
    monitor: Monitor, live: Prompt, falls: Prompt, quiet: Prompt, paid: PromptedModel
) -> None:
    paid.reply = lambda look, terms: answered(
        look, terms, reply_text(look, ("warning",) if terms.prompt.version == falls.version else ("danger",))
    )
    watched(monitor, 2)
    since, now = monitor.clock.now() - timedelta(hours=1), monitor.clock.now()
    changes = monitor.lab.replay({"falls": falls}, CAM, since, now, cap_usd=1, progress=False)
    assert set(changes.table["change"]) == {"severity"}
    assert len(changes.only("severity")) == changes.looks
    assert "<table" in changes._repr_html_()


def test_evidence_that_left_items_out_is_none(monitor: Monitor, live: Prompt, dataset: Dataset, falls: Prompt) -> None:
    gone = monitor.lab.clips.folder(dataset.items[0].camera_id) / "hls"
    for path in gone.iterdir():
        path.unlink()
    evidence = monitor.lab.experiment(dataset, {"quiet": live, "falls": falls})
    with pytest.raises(LabError, match="could not be shown"):
        evidence.run(1, progress=False)
    with pytest.raises(NotPromoted, match="is not done: stopped: 1 items could not be shown"):
        monitor.lab.promote(falls, CAM, evidence)


def test_a_prompt_that_finds_no_danger_is_refused_whatever_is_live(
    monitor: Monitor, live: Prompt, dataset: Dataset, paid: PromptedModel
) -> None:
    other = live.changed(instructions="Say nothing.")
    paid.reply = lambda look, terms: Answer("paid-1", AnswerStatus.UNPARSABLE, cost_usd=0.0)
    with pytest.raises(NotPromoted, match="none of the 3 labelled dangers"):
        monitor.lab.promote(other, CAM, compared(monitor, dataset, quiet=live, other=other))


def test_evidence_of_another_model_is_none(monitor: Monitor, live: Prompt, dataset: Dataset, falls: Prompt) -> None:
    evidence = monitor.lab.experiment(dataset, {"quiet": live, "falls": falls}, "paid:large").run(1, progress=False)
    with pytest.raises(NotPromoted, match="on paid-1, which looks"):
        monitor.lab.promote(falls, CAM, evidence)


def test_another_rule_stands_in_the_history(monitor: Monitor, live: Prompt, dataset: Dataset, falls: Prompt) -> None:
    rule = MatchRule(tolerance_s=60, any_kind=True)
    evidence = monitor.lab.experiment(dataset, {"quiet": live, "falls": falls}, rule=rule).run(1, progress=False)
    assert "The rule was another one" in str(monitor.lab.promote(falls, CAM, evidence))


def test_what_was_promoted_twice_is_rolled_back_in_one_call(monitor: Monitor, live: Prompt, falls: Prompt) -> None:
    for _ in range(3):
        monitor.lab.promote(falls, CAM, force=True)
    assert len(monitor.prompts.history(CAM, Purpose.LOOK)) == 2
    monitor.prompts.promote(CAM, falls.version, by="the command line")
    assert monitor.lab.roll_back(CAM)[CAM].prompt.version == live.version
    assert monitor.lab.roll_back(CAM)[CAM].prompt.version == falls.version


def test_all_cameras_go_back_or_none(monitor: Monitor, live: Prompt, falls: Prompt, video_folder: Path) -> None:
    monitor.settings.replace_cameras(
        {**monitor.settings.cameras, "camera-2": monitor.settings.cameras[CAM].model_copy()}
    )
    monitor.camera_registry.cameras = {**monitor.camera_registry.cameras, "camera-2": monitor.camera(CAM)}
    monitor.lab.promote(falls, CAM, force=True)
    with pytest.raises(LabError, match="Nothing was ever made live for camera-2"):
        monitor.lab.roll_back([CAM, "camera-2"])
    assert live_version(monitor) == falls.version


def test_other_pixels_than_then_are_said(monitor: Monitor, live: Prompt, falls: Prompt, paid: PromptedModel) -> None:
    watched(monitor, 2)
    asked = len(paid.asked)
    appetite = type(paid).appetite
    paid.appetite = lambda terms: replace(appetite(paid, terms), frame_width=48)  # type: ignore[method-assign]
    since, now = monitor.clock.now() - timedelta(hours=1), monitor.clock.now()
    changes = monitor.lab.replay({"falls": falls}, CAM, since, now, cap_usd=1, progress=False)
    assert changes.inexact == asked
    assert f"{asked} looks showed other pixels" in changes.sentence
