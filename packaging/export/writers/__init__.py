"""The formats that go out: one file a format, each with what reads it back."""
