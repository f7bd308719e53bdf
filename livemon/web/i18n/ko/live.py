"""Korean of the Live page, by the English. Which words these are is decided where the English is written."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "{n} looks since the start found nothing to report.": "시작한 뒤 {n}번 살폈고 알릴 것이 없었습니다.",
    "The camera is stopped: nothing is looked at. Press Start.": "카메라가 정지되어 아무것도 보지 않습니다. 시작을 누르세요.",
    "Nothing has been looked at yet. The first look comes with the first segment.": "아직 살핀 것이 없습니다. 첫 구간이 끝나면 처음으로 살핍니다.",
    "events": "이벤트",
    "warnings": "경고",
    "looks": "살핌",
    "archived": "보관",
    "Last 24 hours": "지난 24시간",
    "Model and costs": "모델과 비용",
    " ({n} failed)": " ({n}번 실패)",
    "Events, newest first": "이벤트, 최근 것부터",
    "Something moved {n} times in two hours": "두 시간 동안 {n}번 움직임이 있었습니다",
    "Nothing moved in two hours that was looked at": "두 시간 동안 살핀 움직임이 없습니다",
}
