"""How fast, how large, how it bears many visitors and long runs: each part measures alone and keeps its own result."""
