"""The choice of fields on the path of a call: the answer is made, and kept, whole."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plugwright.calls.call import Exchange
from plugwright.calls.idempotency import KeptAnswer
from plugwright.calls.plan import Keyed, Plan, Suspended, as_it_is
from plugwright.coordination.replies import StoredReply
from plugwright.errors import InvalidInput
from plugwright.operations.operation import Operation
from plugwright.operations.selection import Tree, selected


def selecting(operation: Operation, plan: Plan) -> Plan:
    """The plan of an operation, with the choice of fields where it offers one."""
    selection = operation.selection
    if selection is None:
        return plan
    split, begin_whole, finish_whole = selection.split, plan.begin, plan.finish
    limit, fit = operation.output.limit, operation.output.fit or as_it_is

    def told(answer: bytes, chosen: Tree | None) -> bytes:
        part = answer if chosen is None else _part(answer, chosen)
        return part if len(part) <= limit else fit(part)

    def chosen_of(raw: bytes | str, exchange: Exchange) -> tuple[bytes | str, Tree | None]:
        try:
            return split(raw)
        except InvalidInput as error:
            plan.refuse(error, exchange)
            raise

    def begin(raw: bytes | str, exchange: Exchange) -> Any:
        rest, chosen = chosen_of(raw, exchange)
        answer = begin_whole(rest, exchange)
        return answer._replace(chosen=chosen) if type(answer) is Suspended else told(answer, chosen)

    async def finish(call: Suspended) -> Any:
        return told(await finish_whole(call), call.chosen)

    return replace(plan, begin=begin, finish=finish, keyed=plan.keyed and _keyed(plan.keyed, chosen_of, told))


def _keyed(
    keyed: Keyed, chosen_of: Callable[..., tuple[bytes | str, Tree | None]], told: Callable[..., bytes]
) -> Keyed:
    """The same for calls with an idempotency key, whose repeats may choose otherwise: what is kept is whole."""

    async def call(raw: bytes | str, exchange: Exchange, key: str) -> bytes:
        rest, chosen = chosen_of(raw, exchange)
        answer = await keyed(rest, exchange, key)
        part = told(answer, chosen)
        return KeptAnswer(part) if isinstance(answer, KeptAnswer) else part

    return call


def _part(answer: bytes, chosen: Tree) -> bytes:
    part = selected(answer, chosen)
    return answer.part(part) if isinstance(answer, StoredReply) else part
