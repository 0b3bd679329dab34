"""What stands behind `dataset.split`: rules, shares, findings, the ledger's chain."""
