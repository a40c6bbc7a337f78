"""Compares sentences, here and by a provider. Needs `pip install dehug sentence-transformers` and DEHUG_API_KEY."""

import dehug
from sentence_transformers import SentenceTransformer

sentences = ["The cat sits outside", "A cat is outdoors", "Prices rise in winter"]
local = dehug.load_model("dehug/dehug-embed", ignore_patterns=["onnx/*"])
model = SentenceTransformer(str(local), device="cpu")
here = model.encode(sentences)
print([round(float(value), 3) for value in model.similarity(here[:1], here)[0]])

client = dehug.InferenceClient("dehug/dehug-embed")
there = client.feature_extraction(sentences[0])
print(f"the provider's vector is ours: cosine {float(model.similarity(here[:1], there.reshape(1, -1))):.3f}")
print(f"it cost {client.last_receipt['receipt']['fee']} µUSDC, {client.last_receipt_url}")
