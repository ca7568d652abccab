"""No test of studies reaches beyond this machine; downloads go to a folder of their own."""

from tests.studies.downloading import root, this_machine_only

__all__ = ["root", "this_machine_only"]
