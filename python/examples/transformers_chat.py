"""Runs a language model whose weights were checked against the chain. Needs `pip install "dehug[transformers]"`."""

import dehug  # before transformers: it points the Hub's client at this hub
from transformers import AutoModelForCausalLM, AutoTokenizer

local = dehug.load_model("dehug/dehug-tiny-chat", ignore_patterns=["onnx/*", "*.gguf"])
print(f"{local.repo} is verified: root {local.root}, chain {local.chain}")

tokenizer = AutoTokenizer.from_pretrained(local)
model = AutoModelForCausalLM.from_pretrained(local)
messages = [{"role": "user", "content": "What is DeHug?"}]
prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
answer = model.generate(**prompt, max_new_tokens=24, do_sample=False)
print(tokenizer.decode(answer[0][prompt["input_ids"].shape[1] :], skip_special_tokens=True))
