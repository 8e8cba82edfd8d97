"""The letter to the auditor that lies in every export: what is in it, how to check it with stock tools, what it means.

A test unpacks an export and runs every command of it as it stands.
"""

from typing import Final

__all__ = ["readme_text"]

_TEXT: Final = """\
Evidence of @ORIGIN@, @SIZE@ records
======================================================================

This file holds the record of what an organisation decided and did about its AI systems: gate results, approvals,
releases, alarms, rollbacks, incidents, training. It is made so that you can check it yourself, offline.

What is in here
---------------
  checkpoint       The log's own signed statement: its name, its length, and one hash (the root) for all of it.
  ledger.pub       The public key that the checkpoint was signed with. Ask for the key by another way as well: a forger
                   would put his own key here.
  entries/         The records, one a line, 256 a file, in order. A line, byte for byte, is what the root stands for.
  tile/            The hashes of the tree, as C2SP tlog-tiles lays them out: tile/0/ has the hash of every record.
  disclosures.jsonl
                   Personal values, each with its salt. A record holds only the digest of such a line, so that the line
                   can be erased and the proof stays. A record whose line is not here is "redacted".
  attestations/    Signed statements (in-toto, DSSE) that records refer to, and the same as Sigstore bundles.
  keys/            The public keys of those statements, as records of the type attestation.key name them.
  timestamps/      Replies of time stamping authorities (RFC 3161) over checkpoints.
  rotations/       Where the log's key was changed: the checkpoint of that moment, signed by both keys.
  blobs/           Other documents that records refer to, named by their SHA-256.
  manifest.json    The export in one line.
  SHA256SUMS       The SHA-256 of every other file here.

How to check it
---------------
With care-verify (Python, no careloop):

    care-verify FILE.zip --trust 'KEY'          KEY is the line you were given by another way.

With stock tools, in the unpacked folder. Put the key you were given where ledger.pub stands below.

1. No file was changed or lost since the export was written:

    $ sha256sum --check --strict --quiet SHA256SUMS

2. The checkpoint is signed by that key (Ed25519; C2SP signed-note and tlog-checkpoint):

    $ KEY=$(cat ledger.pub); WORK=$(mktemp -d)
    $ (printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; \\
        echo "$KEY" | cut -d+ -f3- | base64 -d | tail -c 32) > $WORK/key.der
    $ head -n 3 checkpoint > $WORK/said
    $ grep "^— ${KEY%%+*} " checkpoint | tail -n 1 | cut -d' ' -f3 | base64 -d | tail -c 64 > $WORK/signature
    $ openssl pkeyutl -verify -pubin -keyform DER -inkey $WORK/key.der -rawin -in $WORK/said \\
        -sigfile $WORK/signature

3. A record is the one that the tree holds, here the first: SHA-256 of a zero byte and the line, and what the tile says:

    $ (printf '\\000'; head -n 1 entries/000000000000.jsonl | tr -d '\\n') | sha256sum | cut -c 1-64 > $WORK/hash
    $ head -c 32 $(find tile/0/000* -type f) | od -An -v -tx1 | tr -d ' \\n' | grep -x -f $WORK/hash

4. The tiles give the root in the checkpoint's third line: hash them two by two (RFC 6962, section 2.1). The packages
   note and tlog of golang.org/x/mod/sumdb do this; a tile here is what they call tile/8.

5. Every attestation is signed by the key that the log names for it:

    $ for FILE in attestations/*.dsse.json; do [ -e "$FILE" ] || continue; \\
        grep -o '"payload":"[^"]*"' "$FILE" | cut -d'"' -f4 | base64 -d > $WORK/body; \\
        TYPE=application/vnd.in-toto+json; SIZE=$(wc -c < $WORK/body); \\
        (printf 'DSSEv1 %d %s %d ' ${#TYPE} $TYPE $SIZE; cat $WORK/body) > $WORK/said; \\
        grep -o '"sig":"[^"]*"' "$FILE" | head -n 1 | cut -d'"' -f4 | base64 -d > $WORK/signature; \\
        PEM=keys/$(grep -o '"keyid":"[^"]*"' "$FILE" | head -n 1 | cut -d'"' -f4).pem; \\
        if [ -e "$PEM" ]; then \\
        openssl pkeyutl -verify -pubin -inkey "$PEM" -rawin -in $WORK/said -sigfile $WORK/signature || exit 1; \\
        else echo "$FILE: by a key that the log does not name"; fi; done

6. Every personal value is one that a record is committed to:

    $ [ ! -e disclosures.jsonl ] || while IFS= read -r LINE; do \\
        DIGEST=$(printf '%s' "$LINE" | sha256sum | cut -c 1-64); grep -q "sha256:$DIGEST" entries/*.jsonl || exit 1; \\
        done < disclosures.jsonl

7. A time stamp is over the checkpoint that its record names, by an authority that you trust (its certificate: CA.pem):

    openssl ts -verify -in timestamps/DIGEST.tsr -data blobs/DIGEST -CAfile CA.pem

What a clean check means, and what it does not
----------------------------------------------
It means that these records are the ones the log held when it signed, in this order, none altered or left out.
It does not say that what a record claims is true, nor that everything that happened was recorded. For the first,
follow the attestations; for the second, ask for the census records and compare them with another source. This letter
itself is covered by SHA256SUMS only, not by the log's signature.
"""


def readme_text(origin: str, size: int) -> str:
    """The letter for an export of this log at this size."""
    return _TEXT.replace("@ORIGIN@", origin).replace("@SIZE@", f"{size:,}")
