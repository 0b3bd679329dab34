"""What a project's policies make of train: balance, recipes, made samples."""
