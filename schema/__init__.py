"""What the directory knows, said in GraphQL. Imports directory and cache."""
