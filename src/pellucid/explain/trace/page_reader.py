"""A reader of plain-text formulas: juxtaposed factors, sums over what follows, cases, conditions."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

Tree = list[Any]

TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:e-?\d+)?(?:\.\.\.)?)"                      # 2, 1e-12, 1.67326...
                   r"|([A-Za-z](?:_?[A-Za-z0-9]+)*(?:\^(?=[\s=)/,;]|$))?)"           # x, w_ih, m^
                   r"|(\.\.\.|\.\.|<=|>=|\+=|\*=|[-+*/^@=<>()\[\]{}|,;:_.!]))")
FUNCTIONS = set("sin cos tan sinh cosh tanh sqrt ln log exp erf sign floor trunc softmax sigmoid digamma "
                "det diag log_10 log_2 max min gcd polygamma convolution convolution_input "
                "convolution_weight".split())
OVER = {"sum", "mean", "max", "min", "var"}
WORDS = set("where else if and or not is at with of in to by so its as".split())
ALWAYS = set("alpha beta gamma delta eps lambd lambda mu sigma rho tau theta pi inf nan out".split())
SIGNS = {"<", "<=", ">", ">=", "and", "or"}
CONDITIONS = {"=", "<", "<=", ">", ">=", "is"}


class Unreadable(ValueError):
    """A text that is no formula, or one of a kind that is not known here."""


class Reader:
    """Reads one text from left to right, with one method for each level of binding."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self.known = known
        self.tokens: list[tuple[str, str, bool, int]] = []        # kind, text, preceded by a space?, place
        self.text, self.at = text, 0
        place = 0
        while place < len(text.rstrip()):
            found = TOKEN.match(text, place)
            if not found:
                break                                             # the tokens before it may be a formula
            kind = ("number", "name", "sign")[found.lastindex - 1]        # type: ignore[operator]
            start = found.start(found.lastindex)                          # type: ignore[arg-type]
            self.tokens.append((kind, found[found.lastindex], start > place, start))    # type: ignore[index]
            place = found.end()
        self.end = place

    def peek(self, ahead: int = 0) -> str:
        """Return a token without taking it; the empty text at the end."""
        place = self.at + ahead
        return self.tokens[place][1] if place < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def spaced(self) -> bool:
        """Does a space stand before the next token?"""
        return self.at < len(self.tokens) and self.tokens[self.at][2]

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise Unreadable(f"{self.text!r}: expected {wanted or 'something'}, got {token or 'the end'}")
        self.at += 1
        return token

    def rest(self) -> str:
        """Return the words after what was read, without the comma between."""
        start = self.tokens[self.at][3] if self.at < len(self.tokens) else self.end
        return self.text[start:].strip(" ,;:")

    def whole(self) -> Tree:
        """Return the tree of the whole text, in which nothing may be left over."""
        tree = self.cases()
        if self.rest():
            raise Unreadable(f"{self.text!r}: {self.rest()!r} is left over")
        return tree

    def chain(self) -> list[Tree]:
        """Return the trees of a = b = c; what follows must come after a comma."""
        trees = [self.value()]
        while self.peek() == "=":
            self.take()
            trees.append(self.value())
        if self.peek() in {",", ";", ":"} or not self.rest():
            return trees
        raise Unreadable(f"{self.text!r}: {self.rest()!r} is left over")

    def value(self) -> Tree:
        """Return an expression, or a condition in its place: y = x < y."""
        start, tree = self.at, ["not"] if self.peek() == "not" else self.cases()
        if tree[0] == "not" or self.peek() in SIGNS:
            self.at = start
            tree = self.condition()
        return tree

    def exception(self) -> Tree:
        """Return [value, condition] of `0 where x = 0`."""
        tree = self.cases()
        if tree[0] != "cases" or tree[2] is not None or self.rest():
            raise Unreadable(f"{self.text!r} is no exception")
        return tree[1][0]

    def cases(self) -> Tree:
        """value where condition, value where condition, else value; or value if condition else value."""
        tree, found = self.sum(), []
        while self.peek() in {"where", "if"}:
            self.take()
            found.append([tree, self.condition()])
            if self.peek() == ",":
                self.take()
            if self.peek() == "else":
                self.take()
                return ["cases", found, self.sum()]
            if not self.peek():
                return ["cases", found, None]
            tree = self.sum()
        if found:
            raise Unreadable(f"{self.text!r}: cases without an end")
        return tree

    def condition(self) -> Tree:
        tree = self.comparison()
        while self.peek() in {"and", "or"}:
            tree = [self.take(), tree, self.comparison()]
        return tree

    def comparison(self) -> Tree:
        """a < b, a < b < c, x is nan, not x, or one name that is true or false."""
        if self.peek() == "not":
            self.take()
            return ["not", self.comparison()]
        left, tree = self.sum(), None
        while self.peek() in CONDITIONS:
            sign, right = self.take(), self.sum()
            one = [sign, left, right]
            tree, left = one if tree is None else ["and", tree, one], right
        return tree if tree is not None else left

    def sum(self) -> Tree:
        tree = self.term()
        while self.peek() in {"+", "-"}:
            tree = [self.take(), tree, self.term()]
        return tree

    def term(self) -> Tree:
        """Factors side by side, quotients and matrix products, from left to right."""
        if self.peek() == "-":
            self.take()
            return ["minus", self.term()]
        tree = self.power()
        while self.peek() in {"/", "@"} or self.begins_factor():
            sign = self.take() if self.peek() in {"/", "@"} else "*"
            tree = [sign, tree, self.power()]
        return tree

    def begins_factor(self) -> bool:
        token = self.peek()
        if self.kind() == "number" or token in {"(", "[", "..."}:
            return True
        if token == "|":
            return self.spaced() and not (self.at + 1 < len(self.tokens) and self.tokens[self.at + 1][2])
        return self.kind() == "name" and token not in WORDS

    def factors(self) -> Tree:
        """Factors side by side only: what a sum runs over."""
        tree = self.power()
        while self.begins_factor():
            tree = ["*", tree, self.power()]
        return tree

    def power(self) -> Tree:
        tree = self.factor()
        if self.peek() == "!":
            self.take()
            tree = ["function", "!", tree]
        if self.peek() == "^":
            self.take()
            tree = ["^", tree, self.exponent()]
        return tree

    def exponent(self) -> Tree:
        """One factor, with its sign and its place: e^-x, x^2, e^x[i]."""
        if self.peek() == "-":
            self.take()
            return ["minus", self.exponent()]
        if self.peek() == "+":                                    # the pseudo-inverse
            return ["name", self.take()]
        tree = self.factor()
        return ["^", tree, self.exponent()] if self.peek() == "^" and self.take() else tree

    def factor(self) -> Tree:
        if self.kind() == "number":
            text = self.take()
            return ["number", float(text.rstrip(".")), text]
        token = self.take()
        if token == "...":
            return ["dots"]
        if token == "(" and (words := self.words()):
            return ["words", words]
        if token in {"(", "["}:
            inside = self.items(")" if token == "(" else "]")
            return inside[0] if token == "(" and len(inside) == 1 else ["list", *inside]
        if token == "|":
            inside = [self.sum()]
            self.take("|")
            return ["abs", *inside]
        if not token[0].isalpha() or token in WORDS:
            raise Unreadable(f"{self.text!r}: {token!r} begins no factor")
        return self.named(token)

    def words(self) -> str:
        """Take a bracket that holds words alone: (number of ties)."""
        ahead = 0
        while self.tokens[self.at + ahead:] and self.tokens[self.at + ahead][0] == "name":
            ahead += 1
        found = [token[1] for token in self.tokens[self.at:self.at + ahead]]
        if ahead < 2 or self.peek(ahead) != ")" or all(map(self.is_name, found)):
            return ""
        self.at += ahead + 1
        return " ".join(found)

    def items(self, end: str) -> list[Tree]:
        """Return what stands between commas up to the closing bracket."""
        found = []
        while self.peek() != end:
            if self.peek() in {":", ".."}:
                found.append(["name", self.take()])
            else:
                found.append(self.cases())
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return found

    def named(self, name: str) -> Tree:
        """A sum or mean over what follows, a function of it, or a name with its places."""
        below = None if name in self.known else re.fullmatch(r"(sum|mean|max|min)_(\w+)", name)
        touches = self.peek() == "(" and not self.spaced()
        if below or name in OVER - set(self.known) and not (touches and self.several()):
            return self.over(below[1] if below else name, below[2] if below else "", touches)
        if name in FUNCTIONS:
            return self.function(name, touches)
        if touches:                                               # a product has a space: g (1 - y)
            self.take()
            return ["call", name, *self.items(")")]
        if not self.is_name(name):
            raise Unreadable(f"{self.text!r}: {name!r} is not known")
        tree: Tree = ["name", name]
        while self.peek() == "[" and not self.spaced():
            self.take()
            tree = ["at", tree, *self.items("]")]
        return tree

    def is_name(self, name: str) -> bool:
        """Is this the name of a number rather than a word?"""
        if len(name) == 1 or name in self.known or name in ALWAYS or re.match(r"[A-Za-z]+_|\w\d|\w\^", name):
            return True
        bare = name[1:] if name[0] == "d" else ""
        return len(bare) == 1 or bare in self.known or self.peek() == "["

    def several(self) -> bool:
        """Does the bracket that opens here hold several things, as in max(x, 0)?"""
        depth = 0
        for _, token, _, _ in self.tokens[self.at:]:
            depth += (token in {"(", "["}) - (token in {")", "]"})
            if depth == 1 and token == ",":
                return True
            if depth == 0:
                return False
        return False

    def over(self, name: str, index: str, touches: bool) -> Tree:
        if self.peek() == "_":
            self.take()
            self.take("{")
            index = ", ".join(part[1] for part in self.items("}"))
        if not touches:
            return ["over", name, index, self.factors()]
        self.take("(")
        inside = self.items(")")
        return ["over", name, index, inside[0]]

    def function(self, name: str, touches: bool) -> Tree:
        power: Tree | None = None
        if self.peek() == "^":
            self.take()
            power = self.exponent()
            touches = self.peek() == "(" and not self.spaced()
        if touches:
            self.take("(")
            inside = self.items(")")
            tree = ["function", name, *inside] if len(inside) == 1 else ["call", name, *inside]
        else:
            tree = ["function", name, self.power()]
        return tree if power is None else ["power of", name, power, tree[2]]
