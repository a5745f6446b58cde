"""The JSON of an error, the same in every reply that has one."""

from plugwright.operations.schemas import Schema

ERROR_SCHEMA: Schema = {
    "type": "object",
    "description": "What went wrong, for a person and for a program.",
    "properties": {
        "error": {"type": "string", "description": "What went wrong, for a person."},
        "code": {"type": "string", "description": "A stable name of the kind of error."},
        "request_id": {"type": "string", "description": "Names this call in the plugin's log."},
        "retry_after": {"type": "integer", "description": "Seconds after which to try again."},
        "details": {
            "type": "array",
            "description": "Each problem with the input.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
                "required": ["field", "problem"],
            },
        },
    },
    "required": ["error", "code", "request_id"],
}
"""What `plugwright.web.replies.error_body` writes."""
