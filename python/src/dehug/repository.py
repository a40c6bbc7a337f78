"""The verbs: load, download, upload, list, search."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetInfo, ModelInfo, constants, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

from . import content, digest, push, settings
from . import verify as verification
from .errors import ConfigurationError, DeHugError, NetworkError, NotAnchoredError, NotPermittedError, PaymentNeededError
from .hub import Hub, not_found
from .pull import LocalRepo, PullOptions, as_list, pull


class UnverifiedWarning(UserWarning):
    """What was loaded was never published on chain, so nothing vouches for its bytes."""


class DeHug:
    """One hub, as one account sees it.

    Example:
        >>> hub = DeHug()
        >>> model = AutoModel.from_pretrained(hub.load_model("user/name"))
    """

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | None = None,
        *,
        cache_dir: str | Path | None = None,
        gateways: Sequence[str] = (),
        rpc_url: str | None = None,
        registry: str | None = None,
    ) -> None:
        """Asks nobody yet.

        Args:
            endpoint: origin of the hub; DEHUG_ENDPOINT, HF_ENDPOINT, else the hub on this machine.
            token: hub token; DEHUG_TOKEN, else what ``dehug login`` stored.
            cache_dir: where pulled versions are kept; huggingface_hub's cache.
            gateways: more IPFS gateways and folders with copies; DEHUG_GATEWAYS (separated by commas).
            rpc_url: a node of the chain that you trust; DEHUG_RPC_URL, else the one that the hub names.
            registry: address of the ModelRegistry; DEHUG_REGISTRY. Needed on public chains.
        """
        known = settings.read()
        self.hub = Hub(
            replace(
                known,
                endpoint=settings.check_endpoint(endpoint) if endpoint else known.endpoint,
                token=token or known.token,
                rpc_url=rpc_url or known.rpc_url,
                registry=registry or known.registry,
                gateways=(*gateways, *known.gateways),
            )
        )
        self.cache_dir = Path(cache_dir).expanduser() if cache_dir else None

    @property
    def endpoint(self) -> str:
        return self.hub.endpoint

    def load_model(self, repo_id: str, *, revision: str | None = None, verify: bool | None = None, **options: Any) -> LocalRepo:
        """A model's newest published version in the local cache, ready for ``from_pretrained``.

        Args:
            revision: a root, commit, tag or branch that was published; the newest version on chain by default.
            verify: True reads every file again, repairs what is damaged, and accepts published versions only;
                None trusts files that did not change since they were checked, and warns where nothing was ever
                published; False downloads as huggingface_hub does.
            options: allow_patterns, ignore_patterns, allow_pickle, workers.

        Raises:
            ModelNotFoundError, NotAnchoredError, VerificationError, IPFSError, NetworkError
        """
        return self._pull(repo_id, "model", verify, PullOptions(revision=revision, **options))

    def load_dataset(
        self, repo_id: str, name: str | None = None, *, revision: str | None = None, verify: bool | None = None, **options: Any
    ) -> Any:
        """A dataset of `datasets`, read from verified files. ``options`` (split, data_files, …) go to its load_dataset.

        With ``streaming=True`` the rows come from the verified local files as well.
        """
        load = _datasets().load_dataset
        local = self._pull(repo_id, "dataset", verify, PullOptions(revision=revision))
        return load(str(local.folder), name, **options)

    def download_model(
        self,
        repo_id: str,
        local_dir: str | Path | None = None,
        *,
        repo_type: str = "model",
        revision: str | None = None,
        verify: bool | None = None,
        **options: Any,
    ) -> LocalRepo:
        """The same as plain files in ``local_dir``, with notes by which they can be checked later."""
        folder = Path(local_dir).expanduser() if local_dir else None
        return self._pull(repo_id, repo_type, verify, PullOptions(revision=revision, local_dir=folder, **options))

    def download_model_files(self, repo_id: str, files: Sequence[str], **options: Any) -> list[Path]:
        """Some files of a model (names or patterns such as ``*.json``). Raises ConfigurationError where none matches."""
        local = self.download_model(repo_id, allow_patterns=list(files), **options)
        if not local.files:
            raise ConfigurationError(f"{repo_id} has none of {', '.join(files)}.", "List its files with list_files().")
        return [local.folder / path for path in local.files]

    def upload_model(self, folder: str | Path, repo_id: str, **options: Any) -> push.Pushed:
        """Commits a folder (or file) to a model, which is made where it is not there.

        ``options``: private, message, allow_pickle, allow_patterns, ignore_patterns. The result says whether the commit
        is anchored. Raises PickleRefusedError, NotPermittedError, NetworkError.
        """
        return self._push(folder, repo_id, "model", **options)

    def upload_dataset(self, folder: str | Path, repo_id: str, **options: Any) -> push.Pushed:
        """The same for a dataset."""
        return self._push(folder, repo_id, "dataset", **options)

    def verify(self, what: str | Path, *, repo_type: str = "model", revision: str | None = None, **how: bool) -> verification.Report:
        """Reads every file of a cached version (``user/name``) or of a pulled folder (a path) and compares.

        ``repair=True`` fetches damaged chunks again; ``offline=True`` asks no server.
        """
        repair, offline = how.get("repair", False), how.get("offline", False)
        with _translated(str(what), repo_type, self.endpoint):
            if isinstance(what, Path):
                return verification.verify_folder(self.hub, what.expanduser(), repair=repair, offline=offline)
            options = PullOptions(revision=revision, cache_dir=self.cache_dir, allow_pickle=True)
            return verification.verify_cached(self.hub, what, repo_type, options, repair=repair, offline=offline)

    def list_files(self, repo_id: str, *, repo_type: str = "model", revision: str | None = None) -> list[str]:
        """The paths of a repository's files."""
        with _translated(repo_id, repo_type, self.endpoint):
            token = self.hub.token()
            return self.hub.api.list_repo_files(repo_id, revision=revision, repo_type=repo_type, token=token)

    def list_models(self, **filters: Any) -> list[ModelInfo]:
        """Models, filtered as by ``HfApi.list_models`` (author, filter, sort, limit …)."""
        with _translated("", "model", self.endpoint):
            return list(self.hub.api.list_models(**{"limit": 100, **filters}, token=self.hub.token()))

    def list_datasets(self, **filters: Any) -> list[DatasetInfo]:
        """Datasets, filtered as by ``HfApi.list_datasets``."""
        with _translated("", "dataset", self.endpoint):
            return list(self.hub.api.list_datasets(**{"limit": 100, **filters}, token=self.hub.token()))

    def search_models(self, query: str, **filters: Any) -> list[ModelInfo]:
        """Models whose name matches."""
        return self.list_models(search=query, **filters)

    def search_datasets(self, query: str, **filters: Any) -> list[DatasetInfo]:
        """Datasets whose name matches."""
        return self.list_datasets(search=query, **filters)

    def load_content_from_cid(self, cid: str) -> bytes:
        """The bytes behind a CID, verified. Raises IPFSError where no source has them."""
        return content.read_cid(self.hub, cid)

    def load_dataset_from_cid(self, cid: str, *, format: str | None = None, **options: Any) -> Any:
        """A dataset from the file or directory behind a CID; the format (csv, json, parquet, text) is seen from the bytes."""
        load = _datasets().load_dataset
        target = Path(constants.HF_HOME) / "cids" / digest.cid_text(digest.cid_bytes(cid))
        files = content.save_cid(self.hub, cid, target)
        if target.is_dir():
            return load(str(target), **options)
        return load(format or _format_of(files[0]), data_files=str(files[0]), **options)

    def _pull(self, repo_id: str, repo_type: str, verify: bool | None, options: PullOptions) -> LocalRepo:
        options = replace(options, cache_dir=self.cache_dir, check_all=verify is True)
        with _translated(repo_id, repo_type, self.endpoint):
            if verify is False:
                return self._unverified(repo_id, repo_type, options, "it was not asked to")
            try:
                return pull(self.hub, repo_id, repo_type, options)
            except NotAnchoredError as error:
                if verify is True:
                    raise
                warnings.warn(f"{repo_id} is not verified: {error.message}", UnverifiedWarning, stacklevel=4)
                return self._unverified(repo_id, repo_type, options, "it was never published on chain")

    def _unverified(self, repo_id: str, repo_type: str, options: PullOptions, why: str) -> LocalRepo:
        folder = Path(
            snapshot_download(
                repo_id,
                repo_type=repo_type,
                revision=options.revision,
                endpoint=self.endpoint,
                cache_dir=options.cache_dir,
                local_dir=options.local_dir,
                allow_patterns=as_list(options.allow_patterns),
                ignore_patterns=as_list(options.ignore_patterns),
                token=self.hub.token() or False,
            )
        )
        info = self.hub.api.repo_info(repo_id, repo_type=repo_type, revision=options.revision, token=self.hub.token())
        paths = [p for p in folder.rglob("*") if p.is_file() and ".cache" not in p.relative_to(folder).parts]
        return LocalRepo(
            repo=f"{repo_type}:{repo_id}".lower(),
            folder=folder,
            commit=info.sha or "",
            root=None,
            cid=None,
            verified=False,
            chain=f"not checked against the chain: {why}",
            is_head=None,
            files=tuple(sorted(path.relative_to(folder).as_posix() for path in paths)),
            size=sum(path.stat().st_size for path in paths),
        )

    def _push(self, folder: str | Path, repo_id: str, repo_type: str, **options: Any) -> push.Pushed:
        unset = {"private": None, "message": None, "allow_pickle": False, "allow_patterns": None, "ignore_patterns": None}
        with _translated(repo_id, repo_type, self.endpoint):
            return push.push(self.hub, folder, repo_id, repo_type, **{**unset, **options})


DeHugRepository = DeHug


@contextmanager
def _translated(repo_id: str, repo_type: str, endpoint: str) -> Iterator[None]:
    """huggingface_hub's errors as ours."""
    try:
        yield
    except RepositoryNotFoundError as error:
        raise not_found(repo_id, repo_type, endpoint) from error
    except HfHubHTTPError as error:
        raise of_status(error.response.status_code if error.response is not None else 0, str(error)) from error
    except LocalEntryNotFoundError as error:
        raise NetworkError(f"{endpoint} cannot be reached.", "Is it running, and is the address right?") from error
    except HFValidationError as error:
        raise ConfigurationError(str(error)) from error
    except DeHugError:
        raise
    except Exception as error:
        # huggingface_hub 1 speaks through httpx, 2 through httpx2; both call their errors the same.
        if type(error).__module__.split(".")[0] not in ("httpx", "httpx2") and not isinstance(error, ConnectionError):
            raise
        raise NetworkError(f"{endpoint} cannot be reached ({error}).", "Is it running, and is the address right?") from error


def of_status(status: int, message: str) -> DeHugError:
    """The error that an HTTP status means."""
    if status == 402:
        return PaymentNeededError(message, "Add to the balance with `dehug channel fund` of the npm package.")
    if status in (401, 403):
        return NotPermittedError(message, "Log in with `dehug login`, or use an account that has the right.")
    return NetworkError(message)


def _datasets() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise ConfigurationError("The package `datasets` is not installed.", 'pip install "dehug[datasets]"') from error
    return datasets


def _format_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(64).lstrip()
    if head.startswith(b"PAR1"):
        return "parquet"
    return "json" if head[:1] in (b"{", b"[") else "csv"
