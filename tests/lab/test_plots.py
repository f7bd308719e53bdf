"""Plots: what is drawn is what was scored, for one arm and for many, and nothing covers anything else."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from livemon.lab.cadence import WAY_COLUMNS
from livemon.lab.results import plots
from livemon.lab.scoring.match_rule import MatchRule
from livemon.lab.scoring.matching import Matched, match
from livemon.lab.scoring.metrics import scores

NONE = pd.DataFrame({"item": pd.Series(dtype="str"), "start_s": [], "end_s": []})


def judged(arms: int, *, hours: float = 1.0, days: int = 4) -> Matched:
    """Arm n finds n events of each day, and tells one false alert less."""
    each = [f"day {number}" for number in range(days)]
    happened = [("item", one, 100.0 * place) for one in each for place in range(8)]
    told = []
    for arm in range(arms):
        for one in each:
            told += [(f"arm {arm}", one, 100.0 * place) for place in range(arm + 1)]
            told += [(f"arm {arm}", one, 5000.0 + 100 * place) for place in range(arms - arm)]
    item_table = pd.DataFrame(
        [
            {
                "item": one,
                "camera_id": "hall",
                "cluster": one,
                "hours": hours,
                "weight": 1.0,
                "stratum": "all",
                "night": False,
            }
            for one in each
        ]
    )
    truth_table = pd.DataFrame(
        [
            {"item": one, "truth": number, "start_s": at, "end_s": at + 2, "kind": "fall", "severity": "danger"}
            for number, (_, one, at) in enumerate(happened)
        ]
    )
    said_table = pd.DataFrame(
        [
            {
                "arm": arm, "repeat": 0, "item": one, "start_s": at, "end_s": at + 2, "told_s": at + 10,
                "kind": "fall", "severity": "danger", "confidence": 0.8,
            }
            for arm, one, at in told
        ]
    )  # fmt: skip
    call_table = pd.DataFrame(
        [
            {
                "arm": f"arm {arm}",
                "repeat": 0,
                "item": one,
                "status": "ok",
                "cost_usd": 0.01 * (arm + 1),
                "latency_ms": 5.0,
            }
            for arm in range(arms)
            for one in each
        ]
    )
    return match(item_table, truth_table, said_table, NONE, call_table, MatchRule())


def names(count: int) -> list[str]:
    return [f"arm {number}" for number in range(count)]


def boxes(figure: Figure) -> list[Bbox]:
    """Return where every text of a figure stands that is drawn."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    [axes] = figure.axes
    texts = [*figure.texts, *figure.findobj(Text, include_self=False)]
    for axis, (low, high) in ((axes.xaxis, sorted(axes.get_xlim())), (axes.yaxis, sorted(axes.get_ylim()))):
        outside = [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
        texts = [one for one in texts if one not in outside]
    shown = [one for one in dict.fromkeys(texts) if one.get_text().strip() and one.get_visible()]
    return [one.get_window_extent(canvas.get_renderer()) for one in shown]


@pytest.mark.parametrize("count", [1, 2, 8])
@pytest.mark.parametrize("plot", [plots.tradeoff, plots.cost, plots.delay])
def test_no_text_covers_another_nor_leaves_the_figure(count: int, plot: object) -> None:
    long = {f"arm {n}": f"a prompt with a long name {n} (0123abcd) on gemini-3.5-flash-lite" for n in range(count)}
    matched = judged(count)
    renamed = match(
        matched.items, matched.truths, matched.said.replace({"arm": long}), NONE, matched.calls.replace({"arm": long}),
        MatchRule(),
    )  # fmt: skip
    figure = plot(renamed, list(long.values()))  # type: ignore[operator]
    assert isinstance(figure, Figure)
    found = boxes(figure)
    width, height = figure.get_size_inches() * figure.dpi
    for box in found:
        assert -1 <= box.x0 <= box.x1 <= width + 1, "a text is cut off"
        assert -1 <= box.y0 <= box.y1 <= height + 1, "a text is cut off"
    assert not [1 for one, other in combinations(found, 2) if one.overlaps(other)]
    assert figure._repr_png_().startswith(b"\x89PNG")


def points(figure: Figure) -> list[tuple[float, float]]:
    """Return the points with markers, in the order of the arms."""
    lines = [container.lines[0] for container in figure.axes[0].containers]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]


def test_points_and_intervals_are_the_scores() -> None:
    matched = judged(3)
    figure = plots.tradeoff(matched, names(3))
    table = scores(matched).set_index("arm")
    assert [y for _, y in points(figure)] == pytest.approx(table["recall"].tolist())
    assert [x for x, _ in points(figure)] == pytest.approx(table["false_alerts_per_day"].tolist())
    bars = figure.axes[0].containers[1].lines[2]
    (_, low), (_, high) = bars[1].get_segments()[0]
    assert (low, high) == pytest.approx((table["recall_low"].iloc[1], table["recall_high"].iloc[1]))
    (left, _), (right, _) = bars[0].get_segments()[0]
    assert 0 <= left < table["false_alerts_per_day"].iloc[1] < right
    assert figure.axes[0].get_xlabel() == "false alerts a watched day"


def test_less_than_two_hours_are_not_made_a_day_of() -> None:
    matched = judged(2, hours=0.25)
    figure = plots.tradeoff(matched, names(2))
    assert figure.axes[0].get_xlabel() == "false alerts in 60 watched minutes"
    assert [x for x, _ in points(figure)] == pytest.approx(scores(matched)["false_alerts"].tolist())
    money = plots.cost(matched, names(2))
    assert money.axes[0].get_xlabel() == "US dollars in 60 watched minutes"
    assert [x for x, _ in points(money)] == pytest.approx(scores(matched)["cost_usd"].tolist())


def test_one_day_has_no_intervals_and_says_so() -> None:
    figure = plots.tradeoff(judged(2, days=1, hours=3), names(2))
    assert "No intervals: 1 camera-day" in " ".join(one.get_text() for one in figure.texts)


def test_an_arm_of_which_all_calls_failed_is_named_and_not_drawn() -> None:
    matched = judged(2)
    failed = matched.calls.assign(status=matched.calls["status"].mask(matched.calls["arm"] == "arm 0", "error"))
    part = matched.said[matched.said["arm"] == "arm 1"]
    figure = plots.tradeoff(match(matched.items, matched.truths, part, NONE, failed, MatchRule()), names(2))
    assert len(points(figure)) == 1
    assert "Not known, so not drawn: arm 0" in " ".join(one.get_text() for one in figure.texts)


def test_delays_are_of_what_was_told() -> None:
    figure = plots.delay(judged(2), names(2))
    [first, second] = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert first.endswith("4 of 32 told")
    assert second.endswith("8 of 32 told")
    medians = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() != "None"]
    assert medians == [10.0, 10.0]


def ways(*rows: tuple[float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame([dict.fromkeys(WAY_COLUMNS, math.nan) for _ in rows]).astype(
        WAY_COLUMNS | {"events": float, "shown": float}
    )
    looks, studies, share = np.array(rows).T
    return table.assign(
        way=[f"way {n}" for n in range(len(rows))], looks_usd=looks, studies_usd=studies, usd_per_day=looks + studies,
        looks_per_day=looks * 1000, share=share,
    )  # fmt: skip


def test_the_frontier_of_cadence_has_studies_in_it_and_tells_beaten_ways() -> None:
    figure = plots.cadence(ways((0.1, 0.2, 0.3), (0.2, 0.2, 0.2), (0.3, 0.2, 0.9)))
    assert [x for x, _ in points(figure)] == pytest.approx([0.3, 0.4, 0.5])
    hollow = [container.lines[0].get_markerfacecolor() == "white" for container in figure.axes[0].containers]
    assert hollow == [False, True, False]
    assert "studies alone: $0.20" in [one.get_text() for one in figure.legends[0].get_texts()]


def test_ways_without_a_price_are_drawn_by_their_looks() -> None:
    figure = plots.cadence(ways((math.nan, 0.2, 0.3), (math.nan, 0.2, 0.2)).assign(looks_per_day=[10.0, 20.0]))
    assert figure.axes[0].get_xlabel() == "looks a camera-day"
    assert [x for x, _ in points(figure)] == [10.0, 20.0]


def test_every_arm_of_eight_has_its_own_colour_and_marker() -> None:
    figure = plots.tradeoff(judged(8), names(8))
    lines = [container.lines[0] for container in figure.axes[0].containers]
    assert len({line.get_color() for line in lines}) == 8
    assert len({line.get_marker() for line in lines}) == 8
