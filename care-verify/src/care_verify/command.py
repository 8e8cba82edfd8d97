"""The command `care-verify`: reads one file, says what it proves, ends with 0 (sound), 1 (not) or 2 (unreadable)."""

import argparse
import gc
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from care_verify import __version__
from care_verify.decoding import Malformed
from care_verify.export import verify_export
from care_verify.notes import Key, read_key
from care_verify.report import as_json, as_lines

__all__ = ["main", "run"]

_EXAMPLES = """\
examples:
  care-verify evidence.zip --trust 'acme.example/care+1f2e3d4c+AaBb...'
  care-verify evidence.zip --trust acme.pub --witness witness.pub
  care-verify evidence.zip --format json --records

exit codes: 0 sound; 1 not sound; 2 cannot be read, or wrong usage; 70 this program crashed
"""


def main(words: Sequence[str]) -> int:
    """Check the file that the words name, print the outcome, and give the exit code."""
    options = _parser().parse_args(words)
    try:
        trust = _key(options.trust, "--trust") if options.trust else None
        witnesses = [_key(text, "--witness") for text in options.witness]
        archive = options.file.read_bytes()
        found = verify_export(archive, trust=trust, witnesses=witnesses)
    except Malformed as error:
        return _cannot(str(error))
    except OSError as error:
        return _cannot(f"{options.file} cannot be read: {error.strerror}")
    if options.format == "json":
        said = json.dumps(as_json(found), indent=2)
    else:
        said = "\n".join(as_lines(found, every_record=options.records))
    sys.stdout.write(f"{said}\n")
    return 0 if found.sound else 1


def run() -> None:
    """Entry point: errors are told in plain words, never as a traceback."""
    gc.disable()  # nothing here refers to itself, and going through a million records again and again costs a quarter
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.stderr.write(f"care-verify crashed: {type(error).__name__}: {error}\n  next: this counts as not sound\n")
        sys.exit(70)
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="care-verify",
        description="Check an export of a careloop evidence ledger, offline: is each record as it was?",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the export, made by `care ledger export`")
    parser.add_argument("--trust", metavar="KEY", help="a key of the log from another way: the line, or a file with it")
    parser.add_argument(
        "--witness",
        metavar="KEY",
        action="append",
        default=[],
        help="a witness that must have cosigned; may be repeated",
    )
    parser.add_argument(
        "--records", action="store_true", help="print every record, not only those with something to say"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text for people, json for machines")
    parser.add_argument("--version", action="version", version=f"care-verify {__version__}")
    return parser


def _key(text: str, option: str) -> Key:
    """A key from its line, or from the file of that name."""
    path = Path(text)
    try:
        line = path.read_text(encoding="utf-8").strip() if path.is_file() else text
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"{option}: {text} cannot be read") from error
    try:
        return read_key(line)
    except Malformed as error:
        raise Malformed(f"{option}: {error}") from error


def _cannot(why: str) -> int:
    sys.stderr.write(f"error: {why}\n")
    return 2
