"""A plugin whose people sign in at an OpenID provider, which its environment names."""

from __future__ import annotations

import os

from plugwright import OpenIdProvider
from tests.external.sign_in.notes import notes_plugin
from tests.external.sign_in.outside_provider import ISSUER, NAME

plugin = notes_plugin(openid=OpenIdProvider(os.environ[ISSUER], NAME), has_passwords=False)
