"""Entry of the process that runs the user's Python. It keeps to words that any Python reads, so that one that is too old can say so.

Standard input brings what to do, descriptor 3 takes the answers, descriptor 4 takes why the process had to end. Standard output and
error belong to the user's code.
"""

import os
import sys

OLDEST = (3, 9)
HERE = os.path.dirname(os.path.abspath(__file__))


def run():
    # Nothing is written beside the program's own files; the user's are cached as usual.
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path[:] = [HERE] + [path for path in sys.path if path != HERE]
    from anomstack_bridge.main import main

    sys.path.remove(HERE)
    main(sys.argv[1], written)


if sys.version_info < OLDEST:
    os.write(4, ("old " + ".".join(str(part) for part in sys.version_info[:3])).encode("ascii"))
    sys.exit(1)
run()
