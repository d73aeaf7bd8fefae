"""The door: HTTP, settings, authentication, command line. It alone joins connectors to the directory."""
