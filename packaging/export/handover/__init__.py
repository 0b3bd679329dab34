"""What every export shares: plan, checks before, folder, proof, and files beside."""
