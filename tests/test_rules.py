"""The rules of the house that a machine can hold."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import livemon
from livemon.base import errors
from livemon.base.settings import access, copies, jobs, models
from livemon.base.settings.cameras import CameraSettings
from livemon.base.settings.settings import Settings

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for path in (ROOT / "livemon").rglob("*.py") if "node_modules" not in path.parts)


def run_python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.strip()


def test_every_public_name_can_be_imported() -> None:
    for name in livemon.__all__:
        assert getattr(livemon, name) is not None


def test_importing_livemon_loads_nothing_heavy_and_starts_nothing() -> None:
    heavy = ("cv2", "pandas", "panel", "sqlalchemy", "tornado", "numpy", "anywidget")
    code = f"import sys, threading, livemon; print([m for m in {heavy} if m in sys.modules], threading.active_count())"
    assert run_python(code) == "[] 1"


def test_only_the_clock_reads_the_wall_clock() -> None:
    pattern = re.compile(r"datetime\.now\(|datetime\.utcnow\(|time\.time\(|date\.today\(")
    offenders = [path.name for path in MODULES if path.name != "clock.py" and pattern.search(path.read_text())]
    assert offenders == []


def test_only_the_settings_read_the_environment() -> None:
    allowed = {"settings.py", "doctor.py"}
    offenders = [p.name for p in MODULES if p.name not in allowed and "os.environ" in p.read_text()]
    assert offenders == []


def test_what_must_not_be_left_half_done_is_awaited_to_its_end() -> None:
    allowed = {"process.py", "gemini_files.py"}  # one waits itself, one must not hold up a stop
    offenders = [p.name for p in MODULES if p.name not in allowed and "asyncio.shield(" in p.read_text()]
    assert offenders == []


def test_every_module_says_what_belongs_in_it() -> None:
    silent = [p for p in MODULES if "versions" not in p.parts and not p.read_text().lstrip().startswith('"""')]
    assert silent == []


PACKAGES = {
    *("archive", "base", "cameras", "cli", "detect", "inference", "jobs", "lab", "notify"),
    *("monitor", "reports", "sim", "store", "stream", "vlm", "web"),
}


def test_the_package_holds_packages_and_no_loose_module() -> None:
    own = [path for path in (ROOT / "livemon").iterdir() if path.name != "__pycache__"]
    assert {path.name for path in own if path.is_dir()} == PACKAGES
    assert {path.name for path in own if path.is_file()} == {"__init__.py", "__main__.py", "py.typed"}


def test_each_package_says_what_belongs_in_it_and_what_does_not() -> None:
    for name in PACKAGES:
        text = ast.get_docstring(ast.parse((ROOT / "livemon" / name / "__init__.py").read_text()))
        assert text, name
        assert "not" in text, f"{name} does not say what does not belong in it"


def test_no_two_public_classes_have_the_same_name() -> None:
    found: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


def test_no_two_modules_of_a_package_differ_by_a_suffix() -> None:
    found: dict[tuple[Path, str], list[str]] = {}
    for path in MODULES:
        stem = re.sub(r"(ings?|ers?|ors?|ions?|ed|es|s|e)$", "", path.stem)
        found.setdefault((path.parent, re.sub(r"(.)\1$", r"\1", stem)), []).append(path.name)
    assert [names for names in found.values() if len(names) > 1] == []


def test_the_glossary_names_classes_that_there_are() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text().partition("## Names in the code")[2]
    named = {name for row in re.findall(r"^\| (`.*?) \|", text, re.M) for name in re.findall(r"`(\w+)`", row)}
    defined = {name for path in MODULES for name in re.findall(r"^class (\w+)", path.read_text(), re.M)}
    assert named
    assert named <= defined


def test_no_module_has_more_than_500_lines() -> None:
    long = {str(p.relative_to(ROOT)): n for p in MODULES if (n := len(p.read_text().splitlines())) > 500}
    assert long == {}


def test_no_function_has_more_than_60_lines() -> None:
    long = []
    for path in MODULES:
        if "versions" in path.parts:  # a migration is a list of steps
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                if node.end_lineno - node.lineno + 1 > 60:
                    long.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert long == []


def test_the_documented_error_tree_is_the_tree() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    defined = {name for name, value in vars(errors).items() if inspect.isclass(value)} - {"LivemonError"}
    assert drawn == defined


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    missing = [n for model in (Settings, CameraSettings) for n in model.model_fields if f"`{n}`" not in text]
    assert missing == []
    described = [f.description for model in (Settings, CameraSettings) for f in model.model_fields.values()]
    assert all(described)


GROUPS: dict[str, type[BaseModel]] = {
    "[gemini]": models.GeminiSettings,
    "[openai_compat]": models.OpenAICompatSettings,
    "[budget]": models.BudgetSettings,
    '[prices."<model>"]': models.PriceSettings,
    "[[cameras.<id>.zones]]": models.ZoneSettings,
    "[[cameras.<id>.zone_rules]]": models.ZoneRuleSettings,
    "[analysis]": jobs.AnalysisSettings,
    "[report]": jobs.ReportSettings,
    "[notify]": jobs.NotifySettings,
    "[access]": access.AccessSettings,
    "[oauth]": access.OAuthSettings,
    "[upload]": access.UploadSettings,
    "[copies]": copies.CopySettings,
}


def test_every_setting_of_a_group_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    sections = dict(re.findall(r"^## `(\[[^`]*)`\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    for heading, model in GROUPS.items():
        rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", sections[heading], re.M))
        assert rows == {name: written_default(field) for name, field in model.model_fields.items()}, heading
        assert all(field.description for field in model.model_fields.values())
    groups = {**vars(models), **vars(jobs), **vars(access), **vars(copies)}
    public = {one for name, one in groups.items() if name.endswith("Settings")}
    assert public == set(GROUPS.values())


def written_default(field: FieldInfo) -> str:
    """A setting's default as documentation writes it."""
    if field.is_required():
        return "required"
    if field.default in (None, ""):
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default:g}`" if isinstance(field.default, int | float) else f"`{field.default}`"


def test_every_route_is_documented() -> None:
    app = importlib.import_module("livemon.web.api.app")
    text = (ROOT / "docs" / "api.md").read_text()
    names = {re.findall(r"/([a-z-]+)", template)[0] for template, _ in app.ROUTES}
    assert [name for name in names if f"/{name}" not in text] == []


def test_nothing_at_run_time_comes_from_another_host() -> None:
    pattern = re.compile(r"(?:src|href|import|from)\s*[=(]?\s*[\"'`]https?://")
    sources = [*MODULES, *(ROOT / "livemon" / "web" / "js").glob("*.js"), *(ROOT / "apps").glob("*.py")]
    assert [p.name for p in sources if pattern.search(p.read_text())] == []


def test_notebooks_are_stored_without_outputs() -> None:
    import nbformat

    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        for cell in nbformat.read(path, 4).cells:
            assert not cell.get("outputs"), path
            assert cell.get("execution_count") is None, path
