"""Reads a dataset from verified files, and uploads one. Needs `pip install "dehug[datasets]"`."""

import sys
import tempfile
from pathlib import Path

import dehug
from datasets import Dataset

rows = dehug.load_dataset("dehug/demo-dataset", split="train")
print(f"{rows.num_rows} rows with {', '.join(rows.column_names)}")

with tempfile.TemporaryDirectory() as folder:
    Dataset.from_dict({"text": ["one", "two"], "label": [0, 1]}).to_parquet(Path(folder) / "train.parquet")
    (Path(folder) / "README.md").write_text("---\nlicense: cc0-1.0\n---\n# Two rows\n")
    pushed = dehug.DeHug().upload_dataset(folder, sys.argv[1])
print(f"{pushed.url} at {pushed.commit}; anchored: {pushed.anchored}")
# Nobody published it on chain yet, so this one says that it is not verified.
print(dehug.load_dataset(pushed.repo, split="train", verify=False)["text"][:])
