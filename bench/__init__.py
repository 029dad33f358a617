"""Measure a whole registration beside two baselines in one run. Nothing here runs on the site."""
