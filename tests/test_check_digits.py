"""Check digits of cards, Japanese individual numbers and bank accounts."""

from assistant.check_digits import iban, luhn, my_number


def test_check_digits() -> None:
    """Published examples pass; one digit changed fails."""
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert my_number("123456789018")
    assert not my_number("123456789012")
    assert iban("GB82WEST12345698765432")
    assert not iban("GB82WEST12345698765433")
