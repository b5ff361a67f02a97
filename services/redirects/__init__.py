"""Addresses that lead elsewhere, in the form that Ghost has them."""
