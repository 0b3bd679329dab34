"""Completes the JPEGs of USB cameras, which may leave the Huffman tables out.

The UVC and AVI conventions let a Motion JPEG frame go without them, meaning the typical
tables of ITU-T T.81 annex K.3; as a file such a frame is not decodable.
"""

from __future__ import annotations

_SOS, _DHT = 0xDA, 0xC4
# Four DHT segments: luminance DC and AC, chrominance DC and AC (T.81 K.3.3).
_TYPICAL_TABLES = bytes.fromhex(
    "ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400b510"
    "0002010303020403050504040000017d01020300041105122131410613516107227114328191"
    "a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445"
    "464748494a535455565758595a636465666768696a737475767778797a838485868788898a92"
    "939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4"
    "d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffc4001f0100030101010101"
    "010101010000000000000102030405060708090a0bffc400b511000201020404030407050404"
    "00010277000102031104052131061241510761711322328108144291a1b1c109233352f01562"
    "72d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758"
    "595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3"
    "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5"
    "e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)


def with_huffman_tables(jpeg: bytes) -> bytes:
    """Return the JPEG with the typical tables before its scan.

    The very same object comes back where it has tables, or has no scan.
    """
    position = 2
    while position + 4 <= len(jpeg) and jpeg[position] == 0xFF:
        marker = jpeg[position + 1]
        if marker == _DHT:
            return jpeg
        if marker == _SOS:
            return jpeg[:position] + _TYPICAL_TABLES + jpeg[position:]
        if marker == 0xFF:
            position += 1
            continue
        position += 2 + int.from_bytes(jpeg[position + 2 : position + 4], "big")
    return jpeg
