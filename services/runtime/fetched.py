"""Unpacks records as aiokafka does, also those with a header whose name is not UTF-8.

The protocol calls that name a string, and no broker looks whether it is one: any client can write
other bytes there. aiokafka fails on them, fetches the same records again, and fails for ever; and
what it had unpacked of other partitions in the same turn is passed over. Here such a name is read
with U+FFFD in place of what cannot be read, and the record goes its way (I7).
"""

from __future__ import annotations

from typing import Any, SupportsIndex

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy


class _Readable(bytearray):
    """Bytes whose parts can always be decoded."""

    def __getitem__(self, at: SupportsIndex | slice) -> Any:
        found = super().__getitem__(at)
        return _Readable(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:  # noqa: ARG002
        return super().decode(encoding, "replace")


class _ReadableBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    """aiokafka's reader in Python, which takes ten times as long as its own in C."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Readable(self._buffer)


class _ReadableRecords(_MemoryRecordsPy):  # type: ignore[misc]
    def next_batch(self, *args: Any) -> Any:
        """See `aiokafka.record.memory_records`; before format 2 records had no headers."""
        whole = self._next_slice
        batch = super().next_batch(*args)
        return batch if whole is None or batch.magic < 2 else _ReadableBatch(whole)


class KeptRecords(fetcher.MemoryRecords):  # type: ignore[misc]
    """aiokafka's records of one partition in one answer, with the bytes that they came as."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class PatientRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """Reads on where aiokafka fails; what is corrupt indeed still fails."""

    _records: Any
    _is_read_anew = False

    def __next__(self) -> Any:
        """See `aiokafka.consumer.fetcher.PartitionRecords`."""
        try:
            return super().__next__()
        except (UnicodeDecodeError, CorruptRecordException):
            if self._is_read_anew or not isinstance(self._records, KeptRecords):
                raise
        self._is_read_anew = True
        self._records = _ReadableRecords(self._records.data)
        self._records_iterator = self._unpack_records()  # from the next offset on
        return super().__next__()


def read_any_name() -> None:
    """Let all of aiokafka's consumers in this process unpack so."""
    fetcher.MemoryRecords, fetcher.PartitionRecords = KeptRecords, PatientRecords
