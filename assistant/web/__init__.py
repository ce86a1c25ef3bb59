"""Everything a visitor reaches: the chat page, the reader, the JSON interface, and the shell around them."""
