"""The curves of a run outlive their folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from xespeech.training.console import Curves


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_curves_go_on_when_their_folder_was_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    curves = Curves(folder, folder.mkdir)
    curves.losses({"mel": 1.0}, 0)
    shutil.move(folder, tmp_path / "away")  # all at once; in a folder that is emptied its thread could make a new file
    for step in range(1, 40):  # beyond what the writer's queue takes: its thread has found out by then
        curves.losses({"mel": 1.0 / step}, step)
    curves.close()
    events = EventAccumulator(str(folder)).Reload()
    assert events.Scalars("loss/mel")[-1].step == 39


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("pending", [0, 5])
def test_a_folder_that_is_deleted_at_the_end_is_no_error(tmp_path: Path, pending: int) -> None:
    folder = tmp_path / "run"
    curves = Curves(folder, folder.mkdir)
    curves.losses({"mel": 1.0}, 0)
    shutil.move(folder, tmp_path / "away")  # all at once; in a folder that is emptied its thread could make a new file
    for step in range(pending):
        curves.losses({"mel": 1.0}, step + 1)
    curves.close()
