"""Mail: over a real SMTP conversation, on the terminal, or refused with a clear word."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from infrastructure.settings import SettingsError, load_settings
from services.accounts.mail import Mail, MailError, NoMailer, SmtpMailer, TerminalMailer, mailer_of

_MAIL = Mail("ada@example.org", "Sign in", "Grüße\nhttps://example.org/x\n")


@dataclass
class Server:
    """An SMTP server that takes mails, or refuses every recipient."""

    port: int = 0
    refuses: bool = False
    mails: list[bytes] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            elif verb == b"RCPT" and self.refuses:
                writer.write(b"550 nobody here\r\n")
            else:
                writer.write(b"250 fine\r\n")
        writer.close()


@pytest.fixture
async def smtp() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()
    await listening.wait_closed()


async def test_a_mail_goes_out(smtp: Server) -> None:
    await SmtpMailer(f"smtp://127.0.0.1:{smtp.port}", "Rose Ash <blog@example.org>").send(_MAIL)
    mail = smtp.mails[0]
    assert b"From: Rose Ash <blog@example.org>" in mail
    assert b"To: ada@example.org" in mail
    assert b"Message-ID: <" in mail
    assert b"@example.org>" in mail


@pytest.mark.parametrize("trouble", ["refused", "down"])
async def test_a_mail_that_does_not_go_out_says_so(smtp: Server, trouble: str) -> None:
    smtp.refuses = trouble == "refused"
    port = smtp.port if smtp.refuses else 9
    with pytest.raises(MailError, match="could not be sent just now"):
        await SmtpMailer(f"smtp://127.0.0.1:{port}", "blog@example.org").send(_MAIL)


async def test_development_prints_mail(capsys: pytest.CaptureFixture[str]) -> None:
    await TerminalMailer().send(_MAIL)
    assert "https://example.org/x" in capsys.readouterr().err


async def test_production_without_smtp_refuses() -> None:
    mailer = mailer_of(load_settings(environment="production", secret_key="x" * 32))
    assert isinstance(mailer, NoMailer)
    for attempt in (mailer.check(), mailer.send(_MAIL)):
        with pytest.raises(MailError, match="has not set SMTP_URL"):
            await attempt


def test_a_malformed_smtp_url_stops_the_start_without_repeating_it() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(smtp_url="https://user:secret-word@mail")
    assert "SMTP_URL" in str(caught.value)
    assert "secret-word" not in str(caught.value)
