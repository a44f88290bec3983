"""Released checkpoints and the model folders that they become."""
