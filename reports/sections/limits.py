"""What the report must not be used for, whom it was not tested on, and the words it uses."""

from reports.blocks import Bullets, Columns, Section, Subheading
from reports.sections.view import View


def limits_section(view: View) -> Section:
    """Return intended use, limits and a short glossary."""
    words, model = view.words, view.result.model
    items = words.each("limits.items")
    if model is not None:
        items = (*items, words("limits.trained", trained_on=model.trained_on))
    glossary = (
        Subheading(text=words("limits.glossary_heading")),
        Bullets(items=words.each("limits.glossary"), small=True),
    )
    columns = Columns(left=(Bullets(items=items, small=True),), right=glossary, weights=(5.0, 3.0))
    return Section(heading=words("limits.heading"), blocks=(columns,))
