"""Check digits: numbers of cards, accounts and persons that prove by themselves that they are such."""


def luhn(digits: str) -> bool:
    """Whether the check digit of a payment card holds (ISO/IEC 7812-1, annex B)."""
    values = [int(digit) for digit in reversed(digits)]
    return sum(values[::2] + [sum(divmod(2 * value, 10)) for value in values[1::2]]) % 10 == 0


def my_number(digits: str) -> bool:
    """Whether the check digit of a Japanese individual number holds (MIC ordinance 85 of 2014, article 5)."""
    weighted = sum(int(d) * (n + 1 if n <= 6 else n - 5) for n, d in enumerate(reversed(digits[:11]), 1))
    return int(digits[11]) == (0 if weighted % 11 <= 1 else 11 - weighted % 11)


def iban(account: str) -> bool:
    """Whether an account number passes the check of ISO 13616 (mod 97) at a possible length."""
    moved = account[4:] + account[:4]
    return 15 <= len(account) <= 34 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
