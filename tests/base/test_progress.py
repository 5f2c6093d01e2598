"""Progress where no bar can be drawn: lines, every so often."""

import io

from bayescale.base.progress import EVERY, Lines, progress


class Clock:
    """A clock that the test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(seconds: list[float], visible: bool = True) -> list[str]:
    """The lines of jobs that are done at these seconds."""
    clock, file = Clock(), io.StringIO()
    with Lines(file, visible, clock) as lines:
        task = lines.add_task("a law, 4 cuts", total=4)
        for now in seconds:
            clock.now = now
            lines.advance(task)
    return file.getvalue().splitlines()


def test_quick_work_prints_nothing():
    assert shown([1.0, 2.0, 3.0, EVERY - 0.1]) == []


def test_a_line_every_so_often_and_one_at_the_end():
    assert shown([6.0, 12.0, 18.0, 21.0]) == [
        "a law, 4 cuts: 2 of 4 after 12 s, about 12 s left",
        "a law, 4 cuts: 4 of 4 after 21 s",
    ]
    assert shown([6.0, 12.0, 18.0, 24.0])[1:] == ["a law, 4 cuts: 4 of 4 after 24 s"]


def test_work_that_is_not_to_be_shown_is_silent():
    assert shown([20.0, 40.0], visible=False) == []


def test_a_terminal_has_a_bar_and_a_log_has_lines(monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "0")
    assert isinstance(progress(True), Lines)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert not isinstance(progress(True), Lines) and isinstance(progress(False), Lines)
