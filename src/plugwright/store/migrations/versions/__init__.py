"""The steps, one file each. A step that is released is never changed."""
