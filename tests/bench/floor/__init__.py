"""The same topology with handlers that pass on and decide nothing: what the cloud itself costs."""
