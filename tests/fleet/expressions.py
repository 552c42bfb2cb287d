"""The expressions of GitHub Actions, as far as the workflows use them; whatever else is an error.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import json
import math
import re

TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)"
    r"|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>&&|\|\||==|!=|!|\(|\)|\.|,))"
)
LITERALS = {"true": True, "false": False, "null": None}


class ExpressionError(Exception):
    """An expression that GitHub would refuse, or that this evaluator does not know."""


class Open(dict):
    """A context in which a missing name is an empty text, as for variables and secrets."""


def evaluate(expression, contexts, functions=()):
    """The value of an expression without its ${{ }}."""
    parser = Parser(tokens(expression), contexts, dict(functions), expression)
    value = parser.either()
    parser.end()
    return value


def interpolate(text, contexts, functions=()):
    """A text with its ${{ }} replaced. One that is nothing but one expression keeps its type."""
    if not isinstance(text, str):
        return text
    whole = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", text, re.DOTALL)
    if whole and "}}" not in whole[1]:
        return evaluate(whole[1], contexts, functions)
    return re.sub(
        r"\$\{\{(.*?)\}\}",
        lambda match: as_text(evaluate(match[1], contexts, functions)),
        text,
        flags=re.DOTALL,
    )


def as_text(value):
    """A value as GitHub writes it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (dict, list)):
        raise ExpressionError(f"expected a text, a number or a truth value, found {value!r}")
    return str(value)


def truth(value):
    """Whether GitHub takes a value for true."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value != 0 and not math.isnan(value)
    return value is not None and value is not False and value != ""


def equal(left, right):
    """GitHub's ==: texts without regard to case, different types as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return left == right
    left, right = number(left), number(right)
    return left == right


def number(value):
    if isinstance(value, (dict, list)):
        return math.nan
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except ValueError:
        return math.nan


def tokens(expression):
    found, at = [], 0
    text = expression.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ExpressionError(f"cannot read '{expression}' from '{text[at:]}'")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class Parser:
    """Recursive descent; values are computed on the way."""

    def __init__(self, found, contexts, functions, expression):
        self.tokens, self.at = found, 0
        self.contexts, self.functions, self.expression = contexts, functions, expression

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else (None, None)

    def take(self, sign=None):
        token = self.peek()
        if sign is not None and token != ("sign", sign):
            raise ExpressionError(f"expected '{sign}' in '{self.expression}', found {token[1]!r}")
        self.at += 1
        return token

    def end(self):
        if self.at < len(self.tokens):
            raise ExpressionError(f"'{self.expression}' goes on after its end: {self.peek()[1]!r}")

    def either(self):
        value = self.both()
        while self.peek() == ("sign", "||"):
            self.take()
            other = self.both()
            value = value if truth(value) else other
        return value

    def both(self):
        value = self.comparison()
        while self.peek() == ("sign", "&&"):
            self.take()
            other = self.comparison()
            value = other if truth(value) else value
        return value

    def comparison(self):
        value = self.negation()
        while self.peek() in [("sign", "=="), ("sign", "!=")]:
            sign = self.take()[1]
            same = equal(value, self.negation())
            value = same if sign == "==" else not same
        return value

    def negation(self):
        if self.peek() == ("sign", "!"):
            self.take()
            return not truth(self.negation())
        return self.primary()

    def primary(self):
        kind, text = self.take()
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "text":
            return text.replace("''", "'")
        if (kind, text) == ("sign", "("):
            value = self.either()
            self.take(")")
            return value
        if kind != "name":
            raise ExpressionError(f"unexpected {text!r} in '{self.expression}'")
        if text in LITERALS:
            return LITERALS[text]
        if self.peek() == ("sign", "("):
            return self.call(text)
        if text not in self.contexts:
            raise ExpressionError(f"'{self.expression}': unknown context '{text}'")
        return self.properties(self.contexts[text], text)

    def properties(self, value, path):
        while self.peek() == ("sign", "."):
            self.take()
            kind, name = self.take()
            if kind != "name":
                raise ExpressionError(f"'{self.expression}': expected a name after '{path}.'")
            path = f"{path}.{name}"
            if isinstance(value, Open):
                value = value.get(name, "")
            elif isinstance(value, dict) and name in value:
                value = value[name]
            else:
                raise ExpressionError(f"'{self.expression}': there is no '{path}'")
        return value

    def call(self, name):
        self.take("(")
        arguments = []
        while self.peek() != ("sign", ")"):
            if arguments:
                self.take(",")
            arguments.append(self.either())
        self.take(")")
        if name == "fromJSON" and len(arguments) == 1:
            try:
                return json.loads(as_text(arguments[0]))
            except json.JSONDecodeError as error:
                raise ExpressionError(f"'{self.expression}': not JSON: {arguments[0]!r}") from error
        if name in self.functions and not arguments:
            return self.functions[name]()
        raise ExpressionError(f"'{self.expression}': unknown function {name}/{len(arguments)}")
