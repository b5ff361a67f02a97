import jwt
import pytest

from services.ghost.tokens import AdminKey

ID, SECRET = "6b0396d1c403194fef11d8cf", "a1" * 32


def test_a_token_is_what_ghost_asks_for() -> None:
    token = AdminKey(f" {ID}:{SECRET}\n", clock=lambda: 1_800_000_000.9).token()
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": ID}
    claims = jwt.decode(
        token,
        bytes.fromhex(SECRET),
        algorithms=["HS256"],
        audience="/admin/",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims == {"iat": 1_800_000_000, "exp": 1_800_000_300, "aud": "/admin/"}


@pytest.mark.parametrize(
    "text", ["", "key", SECRET, f"{ID}:", f"{ID}:zz", f"{ID}{SECRET}", f"{ID}:{SECRET}:{SECRET}"]
)
def test_a_malformed_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="must be 24 hexadecimal digits") as caught:
        AdminKey(text)
    assert SECRET not in str(caught.value)


def test_a_key_does_not_show_its_secret() -> None:
    assert SECRET not in repr(AdminKey(f"{ID}:{SECRET}"))
