"""Settings of the site: what is true everywhere (base) and for each way of running it."""
