"""The evaluator of workflow expressions."""

import unittest

from expressions import ExpressionError, Open, as_text, evaluate, interpolate, truth

CONTEXTS = {
    "inputs": {"tile": "4,19", "batch_index": 0, "empty": ""},
    "needs": {"plan": {"result": "success", "outputs": {"batch_index": "[0,1]"}}},
    "vars": Open(AZURE_CONTAINER="box"),
}
FUNCTIONS = {"cancelled": lambda: False, "success": lambda: True}


class Expressions(unittest.TestCase):
    def value(self, text):
        return evaluate(text, CONTEXTS, FUNCTIONS)

    def test_operators_follow_githubs_rules(self):
        self.assertTrue(self.value("!cancelled() && needs.plan.result == 'success'"))
        self.assertFalse(self.value("needs.plan.outputs.batch_index == '[]'"))
        self.assertTrue(self.value("'ABC' == 'abc'"))
        self.assertTrue(self.value("inputs.batch_index == ''"), "both are the number 0")
        self.assertFalse(self.value("'a' == 0"))
        self.assertEqual(self.value("inputs.empty || 'six'"), "six")
        self.assertEqual(self.value("inputs.tile && 'six'"), "six")
        self.assertTrue(self.value("(true || false) && !(1 != 1)"))
        self.assertFalse(truth(""))
        self.assertTrue(truth("0"))

    def test_texts_are_filled_in_and_a_lone_expression_keeps_its_type(self):
        self.assertEqual(interpolate("Tile ${{ inputs.tile }} of ${{ vars.AZURE_CONTAINER }}", CONTEXTS), "Tile 4,19 of box")
        self.assertEqual(interpolate("${{ fromJSON(needs.plan.outputs.batch_index) }}", CONTEXTS), [0, 1])
        self.assertEqual(interpolate("${{ vars.NOBODY }}", CONTEXTS), "")
        self.assertEqual(as_text(True) + as_text(3) + as_text(None), "true3")

    def test_whatever_is_not_known_is_an_error(self):
        for text in (
            "github.actor",
            "inputs.tiles",
            "needs.plan.outputs.snapshot",
            "hashFiles('x')",
            "fromJSON('[')",
            "inputs.tile inputs.tile",
            "1 < 2",
            "'open",
        ):
            with self.assertRaises(ExpressionError, msg=text):
                self.value(text)
        with self.assertRaises(ExpressionError):
            interpolate("all of ${{ needs.plan }}", CONTEXTS)
