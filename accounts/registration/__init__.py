"""Ask a visitor, step by step, for what a registration needs."""
