"""Which listings are one company, how sure that is, and why."""
