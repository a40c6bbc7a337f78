"""``dehug login`` against a running network: with a token, and with a code that is approved in a browser or refused."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from html import unescape
from pathlib import Path
from typing import Any

import pytest

FACTS: dict[str, Any] = json.loads(os.environ.get("DEHUG_TEST_NETWORK", "{}"))
pytestmark = pytest.mark.skipif(not FACTS, reason="no network")


def environment(home: Path) -> dict[str, str]:
    """A machine where nobody is logged in."""
    names = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "HOME": str(home), "DEHUG_HOME": str(home / "dehug"), "DEHUG_ENDPOINT": FACTS["hub"]}


def start(*args: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dehug", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home),
    )


def run(*args: str, home: Path) -> tuple[int, str, str]:
    with start(*args, home=home) as process:
        out, err = process.communicate()
        return process.returncode, out, err


def shown(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The address and the code that a device shows."""
    text = ""
    assert process.stderr is not None
    for line in process.stderr:
        text += line
        address, code = re.search(r"https?://\S+", text), re.search(r"enter the code: (\S+)", text)
        if address and code:
            return address.group(), code.group(1)
    raise AssertionError(f"no code was shown: {text}")


class Browser:
    """Keeps cookies, and sends the forms it was shown."""

    def __init__(self) -> None:
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, url: str, form: dict[str, str] | None = None) -> str:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        with self.opener.open(url, data, timeout=30) as answer:
            return str(answer.read().decode())

    def send(self, page: str, action: str, **fields: str) -> str:
        form = next(part for part in page.split("<form")[1:] if f'action="{action}"' in part and 'method="post"' in part)
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
        sent = {unescape(name): unescape(value) for name, value in hidden if name not in ("message", "signature")}
        return self.open(FACTS["hub"] + action, {**sent, **fields})


def whoami(home: Path) -> str:
    script = "import dehug, json; print(dehug.DeHug().hub.api.whoami()['name'])"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(home)).stdout.strip()


def test_with_a_token(tmp_path: Path) -> None:
    status, out, err = run("login", "--token", FACTS["token"], "--json", home=tmp_path)
    assert (status, json.loads(out)) == (0, {"endpoint": FACTS["hub"], "name": FACTS["user"]}), err
    assert whoami(tmp_path) == FACTS["user"]
    other = tmp_path / "other"
    status, out, err = run("login", "--token", "hf_wrong", home=other)
    assert (status, out) == (5, "")
    assert whoami(other) == ""


def test_with_a_code_that_a_person_approves_in_a_browser(tmp_path: Path) -> None:
    with start("login", "--json", home=tmp_path) as process:
        address, code = shown(process)
        browser = Browser()
        asked = browser.send(browser.open(address), "/login", token=FACTS["token"])
        assert code in asked
        assert "is signed in as" in browser.send(asked, "/login/device", decision="approve")
        out, err = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)) == (0, {"endpoint": FACTS["hub"], "name": FACTS["user"]}), err
    assert whoami(tmp_path) == FACTS["user"]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "README.md").write_text("---\nlicense: mit\n---\n# by a device")
    status, out, err = run("push", str(tmp_path / "folder"), f"{FACTS['user']}/by-device", "--json", home=tmp_path)
    assert (status, json.loads(out)["anchored"]) == (0, False), err


def test_with_a_code_that_is_refused(tmp_path: Path) -> None:
    with start("login", home=tmp_path) as process:
        _, code = shown(process)
        request = urllib.request.Request(
            FACTS["hub"] + "/api/dehug/device",
            data=json.dumps({"userCode": code, "approve": False}).encode(),
            headers={"Authorization": f"Bearer {FACTS['token']}", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (5, "")
    assert "denied" in err and "Traceback" not in err
    assert whoami(tmp_path) == ""


def test_where_no_hub_is(tmp_path: Path) -> None:
    env = {**environment(tmp_path), "DEHUG_ENDPOINT": "http://127.0.0.1:9"}
    ran = subprocess.run(
        [sys.executable, "-m", "dehug", "login"], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL
    )
    assert ran.returncode == 1 and "Traceback" not in ran.stderr, ran.stderr
