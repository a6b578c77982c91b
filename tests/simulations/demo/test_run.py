"""What is refused before a demonstration begins."""

import pytest

from dispatcher.export.errors import ExportUnwritableError
from simulations.demo.files import DemoSize
from simulations.demo.run import DemoOptions, run_demo

SIZE = DemoSize(van_count=1, parcel_count=1, speed=1, seed=1)


@pytest.mark.parametrize("out", ["taken", "taken/below"])
def test_an_out_that_cannot_be_written_is_refused_before_the_day(tmp_path, out):
    (tmp_path / "taken").write_text("mine", "utf-8")
    options = DemoOptions(SIZE, out=tmp_path / out, headless=True, chaos=False)
    with pytest.raises(ExportUnwritableError) as refused:
        run_demo(options)
    assert str(tmp_path / out) in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
