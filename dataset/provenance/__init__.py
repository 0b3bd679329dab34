"""Where samples come from: signed records in chains, and the proof of them."""
