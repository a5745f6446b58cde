"""Who is calling, and how they got the right to."""
