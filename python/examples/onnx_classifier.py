"""Runs a classifier with ONNX Runtime: no PyTorch, no TensorFlow. Needs `pip install "dehug[onnx]"`."""

import json

import dehug
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

local = dehug.load_model("dehug/dehug-langid", allow_patterns=["*.json", "onnx/model.onnx"])
labels = json.loads((local.folder / "config.json").read_text())["id2label"]
tokenizer = Tokenizer.from_file(str(local.folder / "tokenizer.json"))
session = onnxruntime.InferenceSession(local.folder / "onnx" / "model.onnx")

for text in ["Guten Tag, wie geht es Ihnen?", "Where is the library?", "¿Dónde está la biblioteca?"]:
    encoding = tokenizer.encode(text)
    known = {
        "input_ids": encoding.ids,
        "attention_mask": encoding.attention_mask,
        "token_type_ids": encoding.type_ids,
    }
    inputs = {wanted.name: np.array([known[wanted.name]], dtype=np.int64) for wanted in session.get_inputs()}
    (logits,) = session.run(None, inputs)
    print(labels[str(int(logits[0].argmax()))], text)
