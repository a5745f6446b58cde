"""Every sentence of the pages, in English."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "foot.label": "About this service",
        "foot.legal": "Legal",
        "foot.support": "Help",
        "new_tab": "(opens in a new tab)",
        "client.unnamed": "An app without a name",
        # Sign in
        "sign_in.title": "Sign in to {brand}",
        "sign_in.purpose": "to continue to {client}",
        "sign_in.username": "Username",
        "sign_in.password": "Password",
        "sign_in.submit": "Sign in",
        "sign_in.or": "or",
        "sign_in.openid": "Continue with {provider}",
        "sign_in.private": "{client} does not get to see your password.",
        "sign_in.private_openid": "{client} does not get to see how you sign in.",
        "problem.fields_missing": "Enter your username and your password.",
        "problem.wrong_credentials": "The username or the password is not right. Check both and try again.",
        "problem.too_many_tries": "There were too many tries.",
        "problem.busy": "Many people are signing in just now.",
        "problem.page_expired": "This page was open for too long. Please sign in again.",
        "problem.provider_failed": "The other service did not confirm who you are. Try again, or sign in another way.",
        "wait.moment": "Wait a moment, then try again.",
        "wait.second": "Wait {count} second, then try again.",
        "wait.seconds": "Wait {count} seconds, then try again.",
        "wait.minutes": "Wait {count} minutes, then try again.",
        # Consent
        "consent.title": "Allow {client} to use your {brand} account?",
        "consent.account": "Signed in as {account}",
        "consent.sign_out": "Not you? Sign out",
        "consent.who": "Who is asking",
        "consent.client": "App",
        "consent.client_host": "Identified by",
        "consent.redirect": "You go back to",
        "consent.verified": "Registered by {brand}",
        "consent.unverified": "Not checked by {brand}",
        "consent.own_name": "The app chose this name itself, so go by the address below.",
        "consent.localhost_title": "This goes to a program on your own computer.",
        "consent.localhost": "Allow it only if you have just started that program yourself and you trust it.",
        "consent.scopes": "The app will be able to:",
        "consent.scopes_hint": "Untick what you do not want to allow.",
        "consent.no_scopes": "The app learns that it is you, and asks for nothing more.",
        "consent.required": "Required",
        "consent.optional": "Optional",
        "consent.write": "Makes changes",
        "consent.deny": "Do not allow",
        "consent.allow": "Allow",
        "consent.careful": "Allow only what you started yourself. The app does not get to see your password.",
        # Signed out
        "signed_out.title": "You are signed out",
        "signed_out.text": "You are no longer signed in to {brand} in this browser.",
        "close": "You can close this window.",
        # Errors
        "error.return": "Go back to {host}",
        "error.return_hint": "The app is told that this did not work.",
        "error.reference": "Reference",
        "error.client_unknown.title": "{brand} does not know this app",
        "error.client_unknown.text": (
            "The link is incomplete, or the app has been removed. Connect it anew from where you came from."
        ),
        "error.client_unreadable.title": "This app cannot be identified",
        "error.client_unreadable.text": (
            "The app describes itself at an address of its own, and {brand} could not read "
            "that description. Try again later."
        ),
        "error.redirect_unregistered.title": "This link does not belong to the app",
        "error.redirect_unregistered.text": (
            "It asks to send you to an address that the app has not registered. To keep your "
            "account safe, {brand} has sent nothing there."
        ),
        "error.request_invalid.title": "This request cannot be used",
        "error.request_invalid.text": (
            "The app sent something that {brand} does not accept. Start again from the app; "
            "if it happens again, tell the people who make the app."
        ),
        "error.scope_invalid.title": "The app asks for too much",
        "error.scope_invalid.text": (
            "It wants a permission that does not exist here or that it may not have. Nothing was shared."
        ),
        "error.page_expired.title": "This page has expired",
        "error.page_expired.text": (
            "It was open for too long, or it was opened in another browser. Nothing was "
            "shared. Start again from the app."
        ),
        "error.already_answered.title": "You have answered this already",
        "error.already_answered.text": "Your answer was taken the first time, and this one changes nothing.",
        "error.cookies_missing.title": "Your browser did not send a cookie",
        "error.cookies_missing.text": (
            "A cookie keeps others from signing in in your place. Allow cookies for this "
            "site, then start again from the app."
        ),
        "error.access_denied.title": "Nothing was allowed",
        "error.access_denied.text": "The app did not get access to your account.",
        "error.sign_in_failed.title": "You could not be signed in",
        "error.sign_in_failed.text": "The service you sign in with did not confirm who you are. Nothing was shared.",
        "error.too_many_requests.title": "That was too fast",
        "error.too_many_requests.text": "There were too many requests from here.",
        "error.unavailable.title": "{brand} is busy just now",
        "error.unavailable.text": "Nothing was shared, and nothing is lost.",
        "error.not_found.title": "There is no such page",
        "error.not_found.text": "The link may be incomplete. Start again from where you came from.",
        "error.internal_error.title": "Something went wrong on our side",
        "error.internal_error.text": (
            "It was not your fault. Start again from the app; if it happens again, tell us "
            "and give the reference below."
        ),
    }
)
