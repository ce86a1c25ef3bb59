"""Tests of what a visitor reaches."""
