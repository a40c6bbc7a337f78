"""The command line: ``dehug login push pull infer verify``.

Exit codes: 0 done, 1 failed, 2 usage, 3 verification failed, 4 payment needed, 5 not permitted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub.errors import DeviceCodeError, HfHubHTTPError
from huggingface_hub.utils import disable_progress_bars

from .errors import ConfigurationError, DeHugError, NetworkError, NotPermittedError
from .inference import InferenceClient
from .repository import DeHug, of_status

Run = Callable[[argparse.Namespace], tuple[Any, str]]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; what it found goes to stdout (one line of JSON with --json), what went wrong to stderr."""
    options = _parser().parse_args(argv)
    if options.json:
        disable_progress_bars()
    try:
        result, text = options.run(options)
    except DeHugError as error:
        return _failed(error, options.json)
    except HfHubHTTPError as error:
        return _failed(of_status(error.response.status_code if error.response is not None else 0, str(error)), options.json)
    except ImportError as error:
        return _failed(ConfigurationError(str(error)), options.json)
    except KeyboardInterrupt:
        return 130
    print(json.dumps(_plain(result)) if options.json else text)
    return 0


def _login(options: argparse.Namespace) -> tuple[Any, str]:
    hub = DeHug(options.endpoint).hub
    if huggingface_hub.constants.ENDPOINT != hub.endpoint:
        raise ConfigurationError(
            "A login is stored for one hub at a time.", f"Set DEHUG_ENDPOINT={hub.endpoint} instead of passing --endpoint."
        )
    try:
        # What a person has to open and compare is no result: stdout stays one line under --json.
        with redirect_stdout(sys.stderr):
            huggingface_hub.login(token=options.token, skip_if_logged_in=False)
        name = str(hub.api.whoami()["name"])
    except ValueError as error:
        raise DeHugError(str(error), "Make a token on the hub, or log in with the browser.") from error
    except DeviceCodeError as error:
        raise _refused_login(error) from error
    return {"endpoint": hub.endpoint, "name": name}, f"Logged in to {hub.endpoint} as {name}."


def _refused_login(error: DeviceCodeError) -> DeHugError:
    if error.error_code in ("access_denied", "expired_token"):
        return NotPermittedError(str(error), "Run `dehug login` again and approve exactly the code it shows.")
    return NetworkError(str(error), "Is DEHUG_ENDPOINT the origin of a DeHug hub?")


def _push(options: argparse.Namespace) -> tuple[Any, str]:
    hub = DeHug(options.endpoint, options.token)
    upload = hub.upload_dataset if options.type == "dataset" else hub.upload_model
    pushed = upload(
        options.folder,
        options.repo,
        private=options.private or None,
        message=options.message,
        allow_pickle=options.allow_pickle,
        ignore_patterns=options.exclude,
    )
    state = f"anchored as {pushed.root}" if pushed.anchored else "not anchored: it is served, and nobody can prove what it was"
    return pushed, f"{pushed.url}\ncommit {pushed.commit}, {state}"


def _pull(options: argparse.Namespace) -> tuple[Any, str]:
    name, revision = _named(options.repo)
    local = DeHug(options.endpoint, options.token, gateways=options.source).download_model(
        name,
        options.to,
        repo_type=options.type,
        revision=revision,
        verify=False if options.unverified else True if options.check else None,
        allow_patterns=options.include,
        ignore_patterns=options.exclude,
        allow_pickle=options.allow_pickle,
    )
    lines = [str(local.folder), f"{len(local.files)} files, {local.size:,} bytes, {local.downloaded:,} downloaded"]
    lines.append(f"root {local.root}, chain {local.chain}" if local.verified else f"NOT VERIFIED: {local.chain}")
    lines += [f"{name} was damaged and is repaired" for name in local.repaired]
    lines += [f"{name} sent wrong bytes; none were kept" for name in local.liars]
    return local, "\n".join(lines)


def _verify(options: argparse.Namespace) -> tuple[Any, str]:
    hub = DeHug(options.endpoint, options.token, gateways=options.source)
    name, revision = (options.what, None) if options.folder else _named(options.what)
    report = hub.verify(
        Path(name) if options.folder else name,
        repo_type=options.type,
        revision=revision,
        repair=options.repair,
        offline=options.offline,
    )
    lines = [f"{report.repo} in {report.folder} is what was published: {report.files} files, {report.size:,} bytes"]
    lines.append(f"root {report.root}, chain {report.chain}")
    lines += [f"{name} was damaged and is repaired" for name in report.repaired]
    lines += [f"{name} is not part of the version" for name in report.extra]
    return report, "\n".join(lines)


def _infer(options: argparse.Namespace) -> tuple[Any, str]:
    hub = DeHug(options.endpoint, options.token)
    client = InferenceClient(options.model, endpoint=hub.endpoint, api_key=options.api_key)
    task = options.task or hub.hub.api.model_info(options.model, token=hub.hub.token()).pipeline_tag or "text-generation"
    answer: Any
    if task in ("text-generation", "conversational"):
        messages = [{"role": "user", "content": options.input}]
        answer = client.chat_completion(messages, max_tokens=options.max_tokens).choices[0].message.content
    elif task in ("feature-extraction", "sentence-similarity"):
        answer = client.feature_extraction(options.input).tolist()
    elif Path(options.input).is_file():
        answer = getattr(client, task.replace("-", "_"))(Path(options.input))
    else:
        answer = getattr(client, task.replace("-", "_"))(options.input)
    receipt = client.last_receipt
    result = {"model": options.model, "task": task, "answer": answer, "receipt": receipt}
    text = answer if isinstance(answer, str) else json.dumps(_plain(answer))
    return result, f"{text}\nreceipt {client.last_receipt_url}"


def _named(text: str) -> tuple[str, str | None]:
    """``namespace/name[@version]``."""
    name, _, revision = text.partition("@")
    return name, revision or None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dehug", description="A decentralized hub for AI models and datasets.")
    verbs = parser.add_subparsers(dest="verb", required=True)

    def verb(name: str, run: Run, about: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=about, description=about)
        made.add_argument("--endpoint", help="origin of the hub (DEHUG_ENDPOINT)")
        made.add_argument("--token", help="hub token (DEHUG_TOKEN)")
        made.add_argument("--json", action="store_true", help="one line of JSON")
        made.set_defaults(run=run)
        return made

    verb("login", _login, "Log in with the browser, or store a token.")
    made = verb("push", _push, "Upload a folder; says whether the commit is anchored.")
    made.add_argument("folder")
    made.add_argument("repo", help="namespace/name")
    made.add_argument("--private", action="store_true")
    made.add_argument("--message")
    made = verb("pull", _pull, "Download a published version, verified chunk by chunk.")
    made.add_argument("repo", help="namespace/name[@root|@commit|@tag]")
    made.add_argument("--to", help="a folder instead of the cache")
    made.add_argument("--include", action="append", help="only files that match")
    made.add_argument("--check", action="store_true", help="read what is there again, and accept published versions only")
    made.add_argument("--unverified", action="store_true", help="download without checking")
    made = verb("verify", _verify, "Compare a cached version, or a folder, with what was published.")
    made.add_argument("what", help="namespace/name[@…], or a folder with --folder")
    made.add_argument("--folder", action="store_true", help="what is a folder")
    made.add_argument("--repair", action="store_true", help="fetch damaged chunks again")
    made.add_argument("--offline", action="store_true", help="ask no server")
    for name in ("push", "pull", "verify"):
        verbs.choices[name].add_argument("--type", choices=["model", "dataset"], default="model")
    for name in ("push", "pull"):
        verbs.choices[name].add_argument("--exclude", action="append", help="leave out files that match")
        verbs.choices[name].add_argument("--allow-pickle", action="store_true", help="files that run code when loaded")
    for name in ("pull", "verify"):
        verbs.choices[name].add_argument("--source", action="append", default=[], help="a gateway, or a folder with copies")
    made = verb("infer", _infer, "Run a model; the answer comes with a receipt.")
    made.add_argument("model", help="namespace/name")
    made.add_argument("input", help="text, or the path of a file")
    made.add_argument("--task", help="the model's own task by default")
    made.add_argument("--max-tokens", type=int, default=128)
    made.add_argument("--api-key", help="inference key (DEHUG_API_KEY)")
    return parser


def _failed(error: DeHugError, as_json: bool) -> int:
    if as_json:
        told = {"error": {"code": type(error).__name__, "message": error.message, "hint": error.hint}}
        print(json.dumps(told), file=sys.stderr)
    else:
        print(f"{error.message}\n{error.hint}".strip(), file=sys.stderr)
    return error.exit_code


def _plain(value: Any) -> Any:
    """As JSON can carry it."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
