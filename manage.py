#!/usr/bin/env python
"""Entry point for Django's commands from a checkout; nothing else lives here."""

from workbench.command_line import main

if __name__ == "__main__":
    main()
