"""`python -m chatter_tui` is `chatter-tui`."""

from chatter_tui.cli import main

if __name__ == "__main__":
    main()
