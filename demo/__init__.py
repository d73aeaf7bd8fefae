"""Five partner servers over one generated Provence, speaking the real protocols with their quirks."""
