#!/usr/bin/env python3
"""How long the sentencepiece library takes to encode and decode a text in one call, single thread.

  tokenizer_speed.py TOKENIZER.model TEXT

The Java side is io.carovana.benchmarks.TokenizerSpeed with the same arguments. Needs sentencepiece.
"""
import json, statistics, sys, time

import sentencepiece

model = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
text = open(sys.argv[2], encoding="utf-8", newline="").read()
encode, decode = [], []
for _ in range(15):
    began = time.perf_counter()
    ids = model.encode(text)
    encoded = time.perf_counter()
    assert model.decode(ids) == text
    encode.append(1000 * (encoded - began))
    decode.append(1000 * (time.perf_counter() - encoded))
print(json.dumps({"tokens": len(ids), "encode_ms": round(statistics.median(encode), 1), "decode_ms": round(statistics.median(decode), 1)}))
