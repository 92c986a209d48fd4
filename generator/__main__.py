"""``python -m generator`` is ``appshelf``."""

from generator.cli import main

main()
