"""The pages that a person sees at the authorization server: sign in, consent, error, signed out."""
