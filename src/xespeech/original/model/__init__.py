"""Networks of the published model, named as in the paper."""
