"""Attacks on the assistant, with a language model that obeys them, and real questions that look like attacks."""
