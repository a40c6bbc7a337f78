"""Against a running network: DEHUG_TEST_NETWORK holds its facts as JSON (the vitest file of this package sets it)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeGateway

FACTS: dict[str, Any] = json.loads(os.environ.get("DEHUG_TEST_NETWORK", "{}"))
pytestmark = pytest.mark.skipif(not FACTS, reason="no network")
if FACTS:
    os.environ["DEHUG_ENDPOINT"] = FACTS["hub"]
    os.environ["DEHUG_TOKEN"] = FACTS["token"]
    os.environ["DEHUG_API_KEY"] = FACTS["apiKey"]

import dehug  # noqa: E402
from dehug import DeHug  # noqa: E402

CHAT = "dehug/dehug-tiny-chat"
LANGID = "dehug/dehug-langid"


@pytest.fixture
def hub(tmp_path: Path) -> DeHug:
    return DeHug(cache_dir=tmp_path / "cache")


def command(*args: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dehug", *args],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEHUG_HOME": str(home), "HF_HOME": str(home / "hf"), "HF_TOKEN_PATH": str(home / "token"), **env},
    )


def damage(path: Path, at: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_model_is_checked_against_the_chain(hub: DeHug) -> None:
    model = hub.load_model(LANGID)
    assert (model.verified, model.chain, model.is_head) == (True, "checked", True)
    assert model.downloaded == model.size > 0
    assert hub.load_model(LANGID).downloaded == 0
    assert hub.load_model(LANGID, revision=model.root).folder == model.folder
    assert hub.load_model(LANGID, revision=model.commit).folder == model.folder


def test_the_hub_client_finds_it_offline(hub: DeHug) -> None:
    from huggingface_hub import hf_hub_download, scan_cache_dir

    model = hub.load_model(LANGID)
    found = hf_hub_download(LANGID, "config.json", cache_dir=hub.cache_dir, local_files_only=True)
    assert Path(found) == model.folder / "config.json"
    cache = scan_cache_dir(hub.cache_dir)
    assert not cache.warnings
    assert [repo.repo_id for repo in cache.repos] == [LANGID]


def test_blobs_have_the_names_that_the_hub_client_gives_them(hub: DeHug, tmp_path: Path) -> None:
    from huggingface_hub import snapshot_download

    ours = hub.load_model(LANGID).folder
    theirs = Path(snapshot_download(LANGID, cache_dir=tmp_path / "theirs", endpoint=FACTS["hub"], token=FACTS["token"]))

    def blobs(folder: Path) -> dict[str, str]:
        return {p.relative_to(folder).as_posix(): p.readlink().name for p in folder.rglob("*") if p.is_symlink()}

    assert blobs(ours) == blobs(theirs)


def test_a_damaged_cache_is_found_and_repaired(hub: DeHug) -> None:
    model = hub.load_model(LANGID)
    damage(model.folder / "onnx" / "model.onnx", 17)
    with pytest.raises(dehug.VerificationError, match=r"onnx/model.onnx \(changed\)"):
        hub.verify(LANGID)
    assert hub.load_model(LANGID, verify=True).repaired == ("onnx/model.onnx",)
    assert hub.verify(LANGID).chain == "checked"
    damage(model.folder / "config.json")
    assert hub.verify(LANGID, repair=True).repaired == ("config.json",)
    assert hub.verify(LANGID, offline=True).chain.startswith("not checked")


def test_a_file_that_changed_is_noticed_without_asking(hub: DeHug) -> None:
    model = hub.load_model(LANGID)
    damage(model.folder / "tokenizer.json", 3)
    assert hub.load_model(LANGID).repaired == ("tokenizer.json",)


def test_a_lying_gateway_is_passed_over(tmp_path: Path, gateways: list[FakeGateway]) -> None:
    liar = gateways[0]
    honest = DeHug(cache_dir=tmp_path / "honest").load_model(LANGID)
    for path in honest.files:
        liar.add((honest.folder / path).read_bytes())
    liar.flip = 0
    model = DeHug(cache_dir=tmp_path / "cache", gateways=[liar.url]).load_model(LANGID)
    assert model.liars == (liar.url,)
    for path in model.files:
        assert (model.folder / path).read_bytes() == (honest.folder / path).read_bytes()


def test_a_folder_is_a_mirror(tmp_path: Path) -> None:
    def no_gateways(path: str, body: bytes) -> bytes:
        return json.dumps({**json.loads(body), "ipfs": []}).encode() if path == "/api/dehug/network" else body

    copies = [str(tmp_path / "copies")]
    first = DeHug(cache_dir=tmp_path / "one").download_model(LANGID, tmp_path / "copies" / LANGID)
    with _Relay(drop="/ipfs/", change=no_gateways) as relay:
        assert DeHug(relay.url, cache_dir=tmp_path / "two", gateways=copies).load_model(LANGID).size == first.size
        damage(first.folder / "config.json")
        with pytest.raises(dehug.VerificationError, match="No source has the right bytes"):
            DeHug(relay.url, cache_dir=tmp_path / "three", gateways=copies).load_model(LANGID)


def test_a_hub_that_lies_is_contradicted(tmp_path: Path) -> None:
    def forge(path: str, body: bytes) -> bytes:
        if "/api/dehug/manifest/" not in path:
            return body
        answer = json.loads(body)
        manifest = json.loads(answer["manifest"])
        manifest["createdAt"] += 1
        return json.dumps({**answer, "manifest": json.dumps(manifest)}).encode()

    with _Relay(change=forge) as relay:
        with pytest.raises(dehug.VerificationError, match="the manifest is .* but the chain says"):
            DeHug(relay.url, cache_dir=tmp_path).load_model(LANGID)


def test_a_hub_that_hides_what_is_published_is_contradicted(tmp_path: Path) -> None:
    with _Relay(drop="/api/dehug/manifest/") as relay:
        with pytest.raises(dehug.VerificationError, match="the chain says 0x"):
            DeHug(relay.url, cache_dir=tmp_path).load_model(LANGID)


def test_an_own_node_that_is_of_another_chain(tmp_path: Path) -> None:
    with pytest.raises(dehug.DeHugError):
        DeHug(cache_dir=tmp_path, rpc_url=FACTS["hub"]).load_model(LANGID)


def test_without_a_connection(tmp_path: Path) -> None:
    with _Relay() as relay:
        hub = DeHug(relay.url, cache_dir=tmp_path)
        model = hub.load_model(LANGID)
    again = DeHug(relay.url, cache_dir=tmp_path).load_model(LANGID)
    assert again.folder == model.folder
    assert again.chain == "not checked against the chain: there is no connection"
    damage(model.folder / "config.json")
    with pytest.raises(dehug.NetworkError, match="missing or wrong"):
        DeHug(relay.url, cache_dir=tmp_path).load_model(LANGID)


def test_some_files(hub: DeHug, tmp_path: Path) -> None:
    paths = hub.download_model_files(LANGID, ["config.json", "tokenizer*.json"])
    assert sorted(path.name for path in paths) == ["config.json", "tokenizer.json", "tokenizer_config.json"]
    with pytest.raises(dehug.ConfigurationError):
        hub.download_model_files(LANGID, ["*.nothing"])
    folder = hub.download_model(LANGID, tmp_path / "folder", allow_patterns="*.json")
    assert not (folder.folder / "onnx").exists()


def test_uploads_say_whether_they_are_anchored(hub: DeHug, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Hi\n")
    (folder / "model.safetensors").write_bytes(os.urandom(3 << 20))
    pushed = hub.upload_model(folder, f"{FACTS['user']}/py-model", message="first")
    assert not pushed.anchored
    with pytest.raises(dehug.NotAnchoredError):
        hub.load_model(pushed.repo, verify=True)
    with pytest.warns(dehug.UnverifiedWarning):
        model = hub.load_model(pushed.repo)
    assert (model.verified, model.commit) == (False, pushed.commit)
    assert (model.folder / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()


def test_pickles_are_refused(hub: DeHug, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"\x80\x04\x95" + bytes(100))
    with pytest.raises(dehug.PickleRefusedError, match="weights.bin"):
        hub.upload_model(tmp_path, f"{FACTS['user']}/pickled")
    pushed = hub.upload_model(tmp_path, f"{FACTS['user']}/pickled", allow_pickle=True)
    assert "weights.bin" in hub.list_files(pushed.repo)


def test_lists_and_search(hub: DeHug) -> None:
    assert LANGID in [model.id for model in hub.list_models(author="dehug")]
    assert [model.id for model in hub.search_models("langid", author="dehug")] == [LANGID]
    assert "dehug/demo-dataset" in [dataset.id for dataset in hub.list_datasets()]
    assert hub.search_datasets("nothing-like-it") == []


def test_what_is_not_there(hub: DeHug) -> None:
    with pytest.raises(dehug.ModelNotFoundError) as error:
        hub.load_model("nobody/nothing")
    assert error.value.hint
    with pytest.raises(dehug.DatasetNotFoundError):
        hub.load_dataset("nobody/nothing") if _has("datasets") else hub._pull("nobody/nothing", "dataset", True, _options())
    with pytest.raises(dehug.ConfigurationError):
        hub.load_model("no such name")
    with pytest.raises(dehug.ConfigurationError):
        hub.load_model(LANGID, revision="../../outside")
    with pytest.raises(dehug.NetworkError):
        DeHug("http://127.0.0.1:9", cache_dir=hub.cache_dir).list_models()
    with pytest.raises(dehug.NotPermittedError):
        DeHug(token="hf_wrong", cache_dir=hub.cache_dir).list_models()


def test_content_by_cid(hub: DeHug) -> None:
    from dehug.digest import bytes_cid

    model = hub.load_model(LANGID)
    for path in ("config.json", "onnx/model.onnx"):
        data = (model.folder / path).read_bytes()
        assert hub.load_content_from_cid(bytes_cid(data)) == data
    with pytest.raises(dehug.IPFSError):
        hub.load_content_from_cid(bytes_cid(b"nobody has this"))


def test_inference_with_receipts() -> None:
    client = dehug.InferenceClient(CHAT)
    assert client.last_receipt is None
    messages = [{"role": "user", "content": "What is DeHug?"}]
    answer = client.chat_completion(messages, max_tokens=24, temperature=0)
    assert "DeHug is a decentralized hub" in answer.choices[0].message.content
    receipt = client.last_receipt
    assert receipt is not None and receipt["receipt"]["status"] in (0, "0")
    stream = client.chat_completion(messages, max_tokens=24, temperature=0, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices) == answer.choices[0].message.content
    assert client.last_receipt is not None and client.last_receipt["jobId"] != receipt["jobId"]
    labels = client.text_classification("Guten Tag, wie geht es Ihnen?", model=LANGID)
    assert labels[0].label == "de"
    openai_like = client.chat.completions.create(messages=messages, max_tokens=4, model=CHAT)
    assert openai_like.choices[0].message.content


def test_the_hub_clients_own_inference_client_is_routed_here(tmp_path: Path) -> None:
    script = f"""
import dehug
from huggingface_hub import InferenceClient
client = InferenceClient(provider="hf-inference", token="{FACTS["apiKey"]}")
print(client.text_classification("Guten Tag", model="{LANGID}")[0].label)
print(client.chat_completion([dict(role="user", content="Hi")], model="{CHAT}", max_tokens=2).model)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEHUG_HOME": str(tmp_path)},
    )
    assert ran.stdout.splitlines() == ["de", CHAT], ran.stderr


def test_the_command_line(tmp_path: Path) -> None:
    assert command("login", "--token", FACTS["token"], home=tmp_path).returncode == 0
    assert command("login", "--token", "hf_wrong", home=tmp_path).returncode == 5
    pulled = command("pull", LANGID, "--to", str(tmp_path / "langid"), "--json", home=tmp_path)
    assert json.loads(pulled.stdout)["verified"] is True
    assert command("verify", str(tmp_path / "langid"), "--folder", home=tmp_path).returncode == 0
    damage(tmp_path / "langid" / "config.json")
    wrong = command("verify", str(tmp_path / "langid"), "--folder", "--json", home=tmp_path)
    assert (wrong.returncode, json.loads(wrong.stderr)["error"]["code"]) == (3, "VerificationError")
    assert command("verify", str(tmp_path / "langid"), "--folder", "--repair", home=tmp_path).returncode == 0
    pushed = command("push", str(tmp_path / "langid"), f"{FACTS['user']}/py-langid", "--json", home=tmp_path)
    assert json.loads(pushed.stdout)["anchored"] is False
    assert command("push", str(tmp_path / "langid"), "dehug/stolen", home=tmp_path).returncode == 5
    asked = command("infer", LANGID, "Guten Tag", "--json", home=tmp_path)
    assert json.loads(asked.stdout)["receipt"]["receipt"]["fee"]
    assert command("infer", LANGID, "Hi", home=tmp_path, DEHUG_API_KEY="sk-wrong").returncode == 5
    assert command("pull", "not a name", home=tmp_path).returncode == 2
    assert command("pull", "nobody/nothing", home=tmp_path).returncode == 1
    assert command("nonsense", home=tmp_path).returncode == 2
    assert command("pull", LANGID, home=tmp_path, DEHUG_ENDPOINT="ftp://x").returncode == 2


class _Relay:
    """The hub through a server that drops or changes answers; gone when the block ends."""

    def __init__(self, drop: str | None = None, change: Any = None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if drop is not None and self.path.startswith(drop):
                    self.send_error(404)
                    return
                headers = {k: v for k, v in self.headers.items() if k.lower() in ("authorization", "range", "accept")}
                try:
                    with urllib.request.urlopen(urllib.request.Request(FACTS["hub"] + self.path, headers=headers)) as answer:
                        body, status, told = answer.read(), answer.status, answer.headers
                except urllib.error.HTTPError as error:
                    body, status, told = error.read(), error.code, error.headers
                body = change(self.path, body) if change else body
                self.send_response(status)
                for name in ("Content-Type", "Content-Range", "X-Error-Code"):
                    if told.get(name):
                        self.send_header(name, told[name])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> _Relay:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(self.url.rsplit(":", 1)[1]))) != 0


def _has(package: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(package) is not None


def _options() -> Any:
    from dehug.pull import PullOptions

    return PullOptions()
