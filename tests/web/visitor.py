"""A visitor of the page: what is done with mouse, keys and files, and what is seen then."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 200.0  # seconds that a busy machine may take for anything


def until(condition: Callable[[], Any]) -> Any:
    """The first true answer; whatever is raised before the time is over counts as not yet."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer = condition()
        except Exception:
            if time.monotonic() > deadline:
                raise
            answer = None
        if answer:
            return answer
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.05)


class Browser:
    """What a visitor does."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str, width: int = 1200, height: int = 1000) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.get(address)
        until(lambda: self.find("#speak").is_displayed())

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def visible(self, selector: str) -> Any:
        """The first visible element, now."""
        return next(each for each in self.driver.find_elements("css selector", selector) if each.is_displayed())

    def shown(self, selector: str) -> Any:
        """The first visible element, when there is one."""
        return until(lambda: self.visible(selector))

    def click(self, selector: str) -> None:
        def clicked() -> bool:
            element = self.visible(selector)
            self.run("arguments[0].scrollIntoView({block: 'center'})", element)
            element.click()
            return True

        until(clicked)

    def tab(self, name: str) -> None:
        until(lambda: self.run(
            "const tab = [...document.querySelectorAll('[role=tab]')].find(t => t.textContent.trim() == arguments[0]);"
            "tab.click(); return tab.getAttribute('aria-selected') == 'true'", name,
        ))  # fmt: skip

    def choose(self, label: str, option: str) -> None:
        """Pick an option of a visible drop-down list."""
        self.click(f"input[aria-label='{label}']")
        self.click(f"[role=option][aria-label='{option}']")

    def upload(self, selector: str, file: Path) -> None:
        self.find(f"{selector} input[type=file]").send_keys(str(file))

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def result(self, name: str) -> str:
        """Address of the recording under a player, when it is there."""
        return until(lambda: self.find(f"#{name}-audio a[download]").get_attribute("href"))

    def requests(self) -> set[str]:
        """Addresses asked for since the last call."""
        messages = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        return {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
