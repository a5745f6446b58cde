"""What an operator sets, read from ``PLUGWRIGHT_*`` environment variables and the files that they name."""

from plugwright.settings.loading import load_settings
from plugwright.settings.model import CHATGPT_ORIGINS, Settings

__all__ = ["CHATGPT_ORIGINS", "Settings", "load_settings"]
