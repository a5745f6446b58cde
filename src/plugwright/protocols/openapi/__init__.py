"""OpenAPI documents of the operations: 3.1, and 3.0.1 for GPT Actions and first-generation plugins."""
