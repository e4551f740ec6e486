"""A program that ties itself to its parent's life and then becomes another program.

``python -I -S tied.py SIGNAL PARENT ACCOUNT COMMAND...`` gives up root for ACCOUNT (empty:
stays who it is), asks the kernel for SIGNAL when the parent dies, and replaces itself by
COMMAND under the same process id. It runs as a program of its own because the alternative,
``preexec_fn``, runs Python in a forked copy of a threaded process, which can deadlock; and it
changes the account itself because doing so clears the death signal, and because that account
may have no right to read this interpreter.

Linux only in effect: elsewhere the child is started untied (see :mod:`.supervise`).
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main() -> None:
    """Tie, drop rights, become the command. Exits with 1 and a line on stderr when that is
    impossible.
    """
    death_signal, parent, account, *command = sys.argv[1:]
    if account:
        entry = pwd.getpwnam(account)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if (
        sys.platform == "linux"
        and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0
    ):
        sys.exit("the kernel refused PR_SET_PDEATHSIG")
    if os.getppid() != int(parent):
        sys.exit("the parent died before its child was tied to it")
    os.execv(command[0], command)  # noqa: S606 - becoming another program is the point


if __name__ == "__main__":
    main()
