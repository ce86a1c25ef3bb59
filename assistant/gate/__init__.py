"""The checks of the gate, one room each: what a written claim says against the sentences it cites."""
