"""What stands behind `dataset.version`: hash tree, manifest, freezing, proof."""
