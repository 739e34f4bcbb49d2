"""What Python's Unicode data lack or have too new, as ranges of code points in hexadecimal.

Tokenizers are trained with one version of Unicode and used with another. Two kinds of differences matter:

- Python 3.10 knows Unicode 13, Python 3.14 knows 16. `SINCE_13` holds what came between, so that a text falls
  into the same words on every Python.
- The tokenizers of BERT's family (the Hugging Face library) strip accents, find punctuation and compose
  characters by tables of Unicode 8 and 9, and models were trained that way. The other tables hold the newer
  characters that they therefore pass over.

All of them were read off the behaviour of both, code point by code point.
"""

from __future__ import annotations

# General category -> code points assigned by Unicode 14, 15 and 16.
SINCE_13 = {
    "Cf": "890-891 13439-1343f",
    "Ll": "1c8a 2c5f a7c1 a7cd a7d1 a7d3 a7d5 a7d7 a7d9 a7db 10597-105a1 105a3-105b1 105b3-105b9 105bb-105bc "
          "10d70-10d85 1df00-1df09 1df0b-1df1e 1df25-1df2a",
    "Lm": "8c9 a7f2-a7f4 10780-10785 10787-107b0 107b2-107ba 10d4e 10d6f 16d40-16d42 16d6b-16d6c 1aff0-1aff3 "
          "1aff5-1affb 1affd-1affe 1e030-1e06d 1e4eb",
    "Lo": "870-887 889-88e 8b5 8c8 c5d cdd 170d 171f 1b4c 9ffd-9fff 105c0-105f3 10d4a-10d4d 10d4f "
          "10ec2-10ec4 10f70-10f81 11071-11072 11075 1123f-11240 11380-11389 1138b 1138e 11390-113b5 113b7 "
          "113d1 113d3 11740-11746 11ab0-11abf 11bc0-11be0 11f02 11f04-11f10 11f12-11f33 12f90-12ff0 1342f "
          "13441-13446 13460-143fa 16100-1611d 16a70-16abe 16d43-16d6a 18cff 1b11f-1b122 1b132 1b155 1df0a "
          "1e290-1e2ad 1e4d0-1e4ea 1e5d0-1e5ed 1e5f0 1e7e0-1e7e6 1e7e8-1e7eb 1e7ed-1e7ee 1e7f0-1e7fe "
          "2a6de-2a6df 2b735-2b739 2ebf0-2ee5d 31350-323af",
    "Lu": "1c89 2c2f a7c0 a7cb-a7cc a7d0 a7d6 a7d8 a7da a7dc 10570-1057a 1057c-1058a 1058c-10592 10594-10595 "
          "10d50-10d65",
    "Mc": "cf3 1715 113b8-113ba 113c2 113c5 113c7-113ca 113cc-113cd 113cf 11f03 11f34-11f35 11f3e-11f3f "
          "11f41 1612a-1612c",
    "Mn": "897-89f 8ca-8d2 c3c ece 180f 1ac1-1ace 1dfa 10d69-10d6d 10efc-10eff 10f82-10f85 11070 11073-11074 "
          "110c2 11241 113bb-113c0 113ce 113d0 113d2 113e1-113e2 11f00-11f01 11f36-11f3a 11f40 11f42 11f5a "
          "13440 13447-13455 1611e-16129 1612d-1612f 1cf00-1cf2d 1cf30-1cf46 1e08f 1e2ae 1e4ec-1e4ef "
          "1e5ee-1e5ef",
    "Nd": "10d40-10d49 116d0-116e3 11bf0-11bf9 11f50-11f59 16130-16139 16ac0-16ac9 16d70-16d79 1ccf0-1ccf9 "
          "1e4f0-1e4f9 1e5f1-1e5fa",
    "No": "1d2c0-1d2d3",
    "Pd": "2e5d 10d6e",
    "Pe": "2e56 2e58 2e5a 2e5c",
    "Po": "61d 1b4e-1b4f 1b7d-1b7f 2e53-2e54 10f86-10f89 113d4-113d5 113d7-113d8 116b9 11b00-11b09 11be1 "
          "11f43-11f4f 12ff1-12ff2 16d6d-16d6f 1e5ff",
    "Ps": "2e55 2e57 2e59 2e5b",
    "Sc": "20c0",
    "Sk": "888 fbc2",
    "Sm": "10d8e-10d8f",
    "So": "2427-2429 2ffc-2fff 31e4-31e5 31ef fd40-fd4f fdcf fdfe-fdff 1cc00-1ccef 1cd00-1ceb3 1cf50-1cfc3 "
          "1d1e9-1d1ea 1f6dc-1f6df 1f774-1f776 1f77b-1f77f 1f7d9 1f7f0 1f8b2-1f8bb 1f8c0-1f8c1 1f979 1f9cc "
          "1fa75-1fa77 1fa7b-1fa7c 1fa87-1fa89 1fa8f 1faa9-1faaf 1fab7-1fabf 1fac3-1fac6 1face-1facf "
          "1fad7-1fadc 1fadf-1fae9 1faf0-1faf8 1fbcb-1fbef",
}

# Numbers of Unicode 17, which Digits knows.
NUMBERS_SINCE_16 = "11de0-11de9 16ff4-16ff6"

# Upper-case letters since Unicode 13 and how far away their lower-case letters are, in decimal.
LOWER_SINCE_13 = ("1c89:1 2c2f:48 a7c0:1 a7cb:-42343 a7cc:1 a7ce:1 a7d0:1 a7d2:1 a7d4:1 a7d6:1 a7d8:1 a7da:1 "
                  "a7dc:-42561 10570-1057a:39 1057c-1058a:39 1058c-10592:39 10594-10595:39 10d50-10d65:32 "
                  "16ea0-16eb8:27")

# Punctuation that BERT's tables do not know, and what they take for it.
PUNCTUATION_SINCE_8 = (
    "61d 9fd a76 c77 c84 1b4e-1b4f 1b7d-1b7f 2e43-2e4f 2e52-2e5d 2e60-2e63 10d6e 10ead 10ed0 10f55-10f59 "
    "10f86-10f89 113d4-113d5 113d7-113d8 1144b-1144f 1145a-1145b 1145d 11660-1166c 116b9 1183b 11944-11946 "
    "119e2 11a3f-11a46 11a9a-11a9c 11a9e-11aa2 11b00-11b09 11be1 11c41-11c45 11c70-11c71 11ef7-11ef8 "
    "11f43-11f4f 11fff 12ff1-12ff2 16d6d-16d6f 16e97-16e9a 16fe2 1e5ff 1e95e-1e95f")
PUNCTUATION_ONCE = "166d 111c9"

# Format characters that BERT's tables do not know.
CONTROL_SINCE_8 = "890-891 8e2 110cd 13430-1343f"

# Marks without width that BERT's tables do not know, and what they take for one.
ACCENTS_SINCE_8 = (
    "5c8-5c9 7fd 897-89f 8ca-8e1 9fe afa-aff b53-b55 c04 c3c d00 d3b-d3c d81 eba ece 180f 1885-1886 "
    "1abf-1af0 "
    "1df6-1dfb a82c a8c5 a8ff a9bd 10d24-10d27 10d69-10d6d 10eab-10eac 10ecb-10ecf 10ef0-10eff 10f46-10f50 "
    "10f82-10f85 11070 11073-11074 110c2 111c9 111cf 1123e 11241 1133b 113bb-113c0 113ce 113d0 113d2 "
    "113e1-113e2 11438-1143f 11442-11444 11446 1145e 1182f-11837 11839-1183a 1193b-1193c 1193e 11943 "
    "119d4-119d7 119da-119db 119e0 11a01-11a0a 11a33-11a38 11a3b-11a3e 11a47 11a51-11a56 11a59-11a5b "
    "11a8a-11a96 11a98-11a99 11b60 11b62-11b64 11b66 11c30-11c36 11c38-11c3d 11c3f 11c92-11ca7 11caa-11cb0 "
    "11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 11d47 11d90-11d91 11d95 11d97 11df0 "
    "11ef3-11ef4 11f00-11f01 11f36-11f3a 11f40 11f42 11f5a 13440 13447-13455 1611e-16129 1612d-1612f "
    "16f4f 16fe4 1cf00-1cf2d 1cf30-1cf46 1d127-1d128 1d25b-1d25c 1e000-1e006 1e008-1e018 1e01b-1e021 "
    "1e023-1e024 1e026-1e02a 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 "
    "1e6ee-1e6ef 1e6f5 1e944-1e94a")
ACCENTS_ONCE = "1734 1171e"

# The same for StripAccents, which takes every kind of mark.
MARKS_SINCE_9 = (
    "5c8-5c9 7fd 897-89f 8ca-8d3 9fe afa-aff b53-b55 c04 c3c cf3 d00 d3b-d3c d81 eba ece 1715 180f 1abf-1af0 "
    "1cf7 1df6-1dfa a82c a8ff 10d24-10d27 10d69-10d6d 10eab-10eac 10ecb-10ecf 10ef0-10eff 10f46-10f50 "
    "10f82-10f85 11070 11073-11074 110c2 11145-11146 111c9 111ce-111cf 11241 1133b 113b8-113c0 113c2 113c5 "
    "113c7-113ca 113cc-113d0 113d2 113e1-113e2 1145e 1182c-1183a 11930-11935 11937-11938 1193b-1193e 11940 "
    "11942-11943 119d1-119d7 119da-119e0 119e4 11a01-11a0a 11a33-11a39 11a3b-11a3e 11a47 11a51-11a5b "
    "11a8a-11a99 11b60-11b67 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 11d47 11d8a-11d8e 11d90-11d91 "
    "11d93-11d97 11df0 11ef3-11ef6 11f00-11f01 11f03 11f34-11f3a 11f3e-11f42 11f5a 13440 13447-13455 "
    "1611e-1612f 16f4f 16f7f-16f87 16fe4 16ff0-16ff1 1cf00-1cf2d 1cf30-1cf46 1d127-1d128 1d250-1d252 "
    "1d25b-1d25c 1d25f 1d280-1d281 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 "
    "1e6ee-1e6ef 1e6f5")
MARKS_ONCE = "1cf2-1cf3"

# What composes, decomposes or changes places today and did not in Unicode 9: normalisation leaves it alone.
INERT_SINCE_9 = (
    "558 58b-58c 5c8-5c9 7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1af0 1df6-1dfa 209d-209f 32ff "
    "a7f1-a7f4 a82c ab69 105c9 105d2 105da 105e4 10781-10785 10787-107b0 107b2-107bf 10d24-10d27 10d69-10d6d "
    "10eab-10eac 10ecb-10ecf 10ef0-10efb 10efd-10eff 10f46-10f50 10f82-10f85 11070 1133b 11382-11385 "
    "1138b 1138e 11390-11391 113c2 113c5 113c7-113c8 113ce-113d0 1145e 11839-1183a 11935 11938 1193d-1193e "
    "11943 119e0 11a34 11a47 11a99 11d42 11d44-11d45 11d97 11f41-11f42 1611e 16121-16129 1612f 16d63 "
    "16d67-16d6a 16ff0-16ff1 1b123-1b126 1ccd6-1ccf9 1d127-1d128 1d250-1d252 1d25b-1d25c 1d25f 1d280-1d281 "
    "1d6a6 1df95 1dfcd-1dfff 1e030-1e06d 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 "
    "1e6e6 1e6ee-1e6ef 1e6f5 1f16c 1fbf0-1fbf9")
