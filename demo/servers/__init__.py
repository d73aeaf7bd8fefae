"""The five partners' servers, one module a protocol."""
