"""Archives: one that comes in is unpacked safely, one that goes out is whole."""
