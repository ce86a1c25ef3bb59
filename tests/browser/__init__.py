"""Tests that drive a real Chromium against the real program; skipped, and said so, where there is none."""
