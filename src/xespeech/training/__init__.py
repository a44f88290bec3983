"""One loop, its tasks, and the recipes that describe a run."""
