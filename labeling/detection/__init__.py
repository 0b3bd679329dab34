"""Models and motion as detectors: what goes in, how what comes out is read."""
