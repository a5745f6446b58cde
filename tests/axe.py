"""What axe-core finds wrong with a page for people who see, hear or move differently: WCAG 2.2 AA and good practice.

Playwright runs it from outside, so that the page's own policy stays in force.
"""

from __future__ import annotations

from typing import Any, Final

from tests.external.programs import node_file

RUN: Final = """
async isEmbedded => {
    const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const found = await axe.run(document, {
        runOnly: { type: "tag", values: rules },
        rules: { "page-has-heading-one": { enabled: !isEmbedded } },
        resultTypes: ["violations"],
    });
    return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html} ${node.failureSummary}`));
}
"""


def axe_source() -> str:
    """The script."""
    return node_file("axe-core", "axe.min.js")


def faults_in(page: Any, *, is_embedded: bool = False) -> list[str]:
    """Everything it finds, in a page, or in a frame that is embedded in another page, which has the first heading."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe_source())
    return page.evaluate(RUN, is_embedded)


async def faults_seen(page: Any) -> list[str]:
    """The same of an asynchronous page."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(axe_source())
    return await page.evaluate(RUN, False)
