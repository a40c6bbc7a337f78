"""What importing dehug changes, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SHOW = """
import json, os, sys
from huggingface_hub import constants, get_token
print(json.dumps([constants.ENDPOINT, constants.HF_HOME, get_token(), constants.INFERENCE_PROXY_TEMPLATE]))
"""


def show(before: str, home: Path, **env: str) -> tuple[Any, str]:
    src = str(Path(__file__).resolve().parents[1] / "src")
    ran = subprocess.run(
        [sys.executable, "-c", before + SHOW],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": src, "HOME": str(home), "PATH": "/usr/bin:/bin", **env},
    )
    return json.loads(ran.stdout), ran.stderr


def test_import_points_huggingface_hub_at_the_hub(tmp_path: Path) -> None:
    (endpoint, home, token, router), told = show("import dehug\n", tmp_path, DEHUG_ENDPOINT="http://hub.example/")
    assert endpoint == "http://hub.example"
    assert home == str(tmp_path / ".dehug" / "hubs" / "hub.example")
    assert (token, told) == (None, "")
    assert router == "http://hub.example"


def test_what_hf_endpoint_chose_is_kept(tmp_path: Path) -> None:
    found, told = show("import dehug\n", tmp_path, HF_ENDPOINT="http://hub.example", HF_TOKEN="hf_mine")
    assert found[:3] == ["http://hub.example", str(tmp_path / ".cache" / "huggingface"), "hf_mine"]
    assert told == ""


def test_a_token_of_another_hub_is_not_sent(tmp_path: Path) -> None:
    found, told = show("import dehug\n", tmp_path, DEHUG_ENDPOINT="http://hub.example", HF_TOKEN="hf_of_elsewhere")
    assert found[2] is None
    assert "HF_TOKEN is not used" in told
    found, _ = show("import dehug\n", tmp_path, DEHUG_ENDPOINT="http://hub.example", DEHUG_TOKEN="hf_ours")
    assert found[2] == "hf_ours"


def test_a_program_that_imported_the_hub_client_first_goes_on(tmp_path: Path) -> None:
    found, told = show("import huggingface_hub, dehug\n", tmp_path, DEHUG_ENDPOINT="http://hub.example")
    assert found[0] == "https://huggingface.co"
    assert found[3] == "https://router.huggingface.co/{provider}"
    assert "huggingface_hub was imported before dehug" in told


def test_a_wrong_endpoint_breaks_no_import(tmp_path: Path) -> None:
    found, told = show("import dehug\n", tmp_path, DEHUG_ENDPOINT="ftp://hub")
    assert found[0] == "https://huggingface.co"
    assert "is not the address of a hub" in told
