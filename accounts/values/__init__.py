"""Recognise what people type: one module for each kind of value.

`parse` turns an honest spelling into the one canonical form that is stored, or raises
`django.core.exceptions.ValidationError` with a code and a sentence that says what to do; it
raises nothing else, whatever it is given. A canonical form is a fixed point of `parse`. Where
people write a value differently from how it is stored, `display` gives that human form.
"""
