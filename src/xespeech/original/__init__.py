"""The published model of Guo et al. 2024 in one place: networks, model folder, text, training, voice."""
