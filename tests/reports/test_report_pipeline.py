"""``clinic report``: stored results to files again, one bad result never stopping the rest."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clinic.config import compose
from clinic.errors import SetupError
from clinic.records import ScreeningResult
from clinic.records.serialise import to_json
from pipelines.report import run


@pytest.fixture
def batch(tmp_path: Path, make_made_up_result: Callable[..., ScreeningResult]) -> Path:
    for name in ("r-1", "r-2", ".tmp-r-3"):
        (tmp_path / "out" / name).mkdir(parents=True)
        result = make_made_up_result(hostile=False)
        (tmp_path / "out" / name / "result.json").write_text(to_json(result), encoding="utf-8")
    return tmp_path / "out"


def test_every_stored_result_gets_its_reports(batch: Path) -> None:
    assert run(compose("report", values={"results": str(batch)})) == 0
    for name in ("r-1", "r-2"):
        assert (batch / name / "report.pdf").read_bytes().startswith(b"%PDF")
        assert (batch / name / "report.html").is_file()
    assert not (batch / ".tmp-r-3" / "report.pdf").exists()


def test_one_result_can_go_elsewhere_in_another_format(batch: Path, tmp_path: Path) -> None:
    values = {"results": str(batch / "r-1" / "result.json"), "out": str(tmp_path / "again")}
    assert run(compose("report", ["report.formats=[html]"], values=values)) == 0
    assert [p.name for p in (tmp_path / "again" / "r-1").iterdir()] == ["report.html"]
    assert not (batch / "r-1" / "report.html").exists()


def test_one_bad_result_does_not_stop_the_rest(
    batch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (batch / "r-1" / "result.json").write_text("{}", encoding="utf-8")
    assert run(compose("report", values={"results": str(batch)})) == 1
    assert (batch / "r-2" / "report.pdf").is_file()
    assert "r-1: the stored result has schema version None" in capsys.readouterr().err


def test_nothing_to_render_stops_the_run(tmp_path: Path, batch: Path) -> None:
    with pytest.raises(SetupError, match=r"no result\.json"):
        run(compose("report", values={"results": str(tmp_path / "out" / "r-1" / "features")}))
    with pytest.raises(SetupError, match="report=none"):
        run(compose("report", ["report=none"], values={"results": str(batch)}))


def test_a_misspelt_setting_stops_the_run() -> None:
    with pytest.raises(SetupError, match="papr"):
        compose("report", ["report.papr=a4"], values={"results": "x"})
