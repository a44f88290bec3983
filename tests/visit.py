"""Starts the server with its page, uses both and ends it: `python visit.py MODEL`."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx

from settings import settings
from xespeech.inference.options import SpeechOptions

program = [
    sys.executable,
    "-m",
    "xespeech.cli.main",
    "serve",
    "--ui",
    "--workers",
    "1",
    "--live",
    "0",
    "--port",
    "8123",
]
server = subprocess.Popen([*program, "--model", sys.argv[1], "--voices", sys.argv[2]])
with httpx.Client(base_url="http://127.0.0.1:8123", timeout=600) as client:
    while server.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                break
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    client.post("/v1/audio/speech", json={"input": "Hello."}).raise_for_status()
    client.get("/ui/").raise_for_status()
    data = ["Hello.", "kathleen", None, "", 1.0, *settings(SpeechOptions), ".wav"]
    event = client.post("/ui/gradio_api/call/speak", json={"data": data}).json()["event_id"]
    assert "event: complete" in client.get(f"/ui/gradio_api/call/speak/{event}").text
server.terminate()
raise SystemExit(server.wait(300))
