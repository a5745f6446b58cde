"""Whether Valkey answers."""

from plugwright.coordination.valkey import Away, ValkeyClient
from plugwright.observe.readiness import PartFailing


async def check_valkey(client: ValkeyClient) -> None:
    """Ask it for a sign of life.

    Raises:
        PartFailing: it gives none.
    """
    try:
        await client.run(lambda commands: commands.ping())
    except Away:
        raise PartFailing("unavailable") from None
