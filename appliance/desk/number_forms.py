"""The plain forms of numbers as one pattern, for those who check before they ask.

:func:`appliance.desk.numbers.read_recipient` takes every number of these forms, and more: spaces, dashes, full-width
digits, numbers of the home region as they are dialled there. A test holds this table against it.
"""

from __future__ import annotations

from collections.abc import Mapping

_LENGTHS: Mapping[tuple[int, int], str] = {
    (6, 6): "40 247 298 299 508 672 681 687",
    (6, 7): "98 421 597 685 688 690",
    (6, 8): "53 386",
    (6, 9): "252 355 359 852",
    (6, 10): "27 46 48 61 64 95 880",
    (6, 11): "31 352 375 595",
    (6, 12): "39 358 381 971",
    (6, 13): "43 49 598",
    (
        7,
        7,
    ): "220 238 239 245 246 248 265 269 291 297 354 423 501 592 673 674 676 677 678 679 680 683 691 692 960",
    (7, 8): "230 241 267 372 503 507 599 670 675 853 961 965 975",
    (7, 9): "231 385 967 968 974",
    (7, 10): "84 243 254 353",
    (7, 11): "886",
    (7, 12): "62 86 882 972",
    (
        8,
        8,
    ): "45 47 216 222 223 226 227 228 232 235 236 253 257 266 350 356 357 370 371 373 374 378 389 502 504 505 506 "
    "509 686 800 808 850 973 993",
    (8, 9): "32 36 51 213 224 233 237 250 258 264 268 376 377 382 387 591 689 962 963",
    (8, 10): "20 60 66 855 856 964 970 976",
    (8, 11): "55 593",
    (8, 12): "63 81 82 91 92 383 883",
    (
        9,
        9,
    ): "33 34 41 93 94 211 212 218 221 240 242 244 249 251 255 256 260 261 262 351 590 594 596 870 979 992 994 "
    "995 998",
    (9, 10): "44 263 380 881 966 996",
    (9, 11): "56",
    (9, 12): "420",
    (10, 10): "1 7 52 58 225 229",
    (10, 11): "54 57 65 977",
    (10, 12): "30 234",
    (11, 11): "888",
    (12, 12): "878",
    (12, 13): "90",
}
"""How many digits follow each country code (E.164), at least and at most, where the first of them is 2-9."""

_ABROAD = "|".join(
    f"({'|'.join(codes.split())})[2-9][0-9]{{{least - 1},{most - 1}}}"
    for (least, most), codes in _LENGTHS.items()
)
_NOBODY = "112|911|000|999|110|119|120|122"

PLAIN_NUMBER = (
    rf"^(\+({_ABROAD})|(\+86)?1[3-9][0-9]{{9}}|106[0-9]{{6,17}}|(?!00)(?!({_NOBODY})$)[0-9]{{3,8}})$"
)
"""E.164, a Chinese mobile as it is dialled, a service number, a short code that is no emergency."""
