"""Test sets under seal: their boxes closed, their use recorded."""
