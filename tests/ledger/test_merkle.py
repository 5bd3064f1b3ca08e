"""Merkle hashes and proofs against the published RFC 6962 test vectors, and against each other."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonghwa.ledger import merkle

# The eight leaves, roots and proofs that the Certificate Transparency implementations test themselves with.
LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


def hashes_of(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(n).encode()) for n in range(count)]


def test_the_root_of_no_entries_is_the_hash_of_nothing() -> None:
    assert merkle.root_hash([]) == sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    assert merkle.root_hash(HASHES[:size]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_published_vectors(index: int, size: int) -> None:
    proof = merkle.inclusion_proof(index, size, merkle.subtree_of(HASHES))
    assert [step.hex() for step in proof] == INCLUSION[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_published_vectors(old: int, new: int) -> None:
    proof = merkle.consistency_proof(old, new, merkle.subtree_of(HASHES))
    assert [step.hex() for step in proof] == CONSISTENCY[old, new]


def test_every_inclusion_proof_up_to_40_entries_holds_for_its_own_entry_only() -> None:
    hashes = hashes_of(40)
    for size in range(1, 41):
        root = merkle.root_hash(hashes[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, merkle.subtree_of(hashes))
            assert merkle.inclusion_holds(index, size, hashes[index], proof, root)
            assert not merkle.inclusion_holds(index, size, merkle.leaf_hash(b"forged"), proof, root)
            if size > 1:
                assert not merkle.inclusion_holds((index + 1) % size, size, hashes[index], proof, root)


def test_every_consistency_proof_up_to_40_entries_holds_and_no_forged_tree_passes() -> None:
    hashes = hashes_of(40)
    forged = [merkle.leaf_hash(b"forged"), *hashes[1:]]
    for new in range(1, 41):
        new_root = merkle.root_hash(hashes[:new])
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, new, merkle.subtree_of(hashes))
            assert merkle.consistency_holds(old, new, merkle.root_hash(hashes[:old]), new_root, proof)
            assert not merkle.consistency_holds(old, new, merkle.root_hash(forged[:old]), new_root, proof)


@given(st.integers(2, 200), st.data())
def test_a_proof_with_one_changed_byte_holds_no_more(size: int, data: st.DataObject) -> None:
    hashes = hashes_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, merkle.subtree_of(hashes))
    step, byte = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 31))
    broken = bytearray(proof[step])
    broken[byte] ^= data.draw(st.integers(1, 255))
    proof[step] = bytes(broken)
    assert not merkle.inclusion_holds(index, size, hashes[index], proof, merkle.root_hash(hashes))


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_an_entry_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_proof(index, size, merkle.subtree_of(HASHES))
    assert not merkle.inclusion_holds(index, size, HASHES[0], [], HASHES[0])


@pytest.mark.parametrize(("old", "new"), [(0, 4), (5, 4)])
def test_a_tree_that_did_not_grow_has_no_consistency_proof(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        merkle.consistency_proof(old, new, merkle.subtree_of(HASHES))
    assert not merkle.consistency_holds(old, new, HASHES[0], HASHES[0], [])
