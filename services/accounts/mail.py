"""Sending mail: over SMTP, or, where a person develops, onto the terminal.

Production without SMTP refuses, in a sentence for the person who waits for the mail.
"""

import sys
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from infrastructure.errors import PersonError
from infrastructure.logs import get_logger
from infrastructure.settings import Settings

log = get_logger(__name__)

_SECONDS = 10


class MailError(PersonError):
    """A mail did not go out; the sentence is for the person who asked for it."""

    status = 503


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, in plain text."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Whatever sends mail."""

    async def check(self) -> None:
        """Say beforehand whether mail can be sent at all.

        Raises:
            MailError: it cannot, whoever it is for.
        """

    async def send(self, mail: Mail) -> None:
        """Send a mail.

        Raises:
            MailError: it did not go out.
        """


class TerminalMailer:
    """Prints each mail to standard error: for development."""

    async def check(self) -> None:
        """Mail can always be printed."""

    async def send(self, mail: Mail) -> None:
        """Print a mail."""
        print(  # noqa: T201 - the terminal is the letter box here
            f"\n--- mail to {mail.to}: {mail.subject}\n{mail.text}\n---",
            file=sys.stderr,
            flush=True,
        )


class NoMailer:
    """Sends nothing, and says so."""

    async def check(self) -> None:
        """Refuse.

        Raises:
            MailError: always.
        """
        message = (
            "This site cannot send mail: its operator has not set SMTP_URL. "
            "Sign in with your password, or ask the operator for a link (quart create-admin)."
        )
        raise MailError(message)

    async def send(self, mail: Mail) -> None:
        """Refuse.

        Raises:
            MailError: always.
        """
        log.error("mail cannot be sent: SMTP_URL is not set", subject=mail.subject)
        await self.check()


class SmtpMailer:
    """Sends over SMTP: `smtp://user:password@host:587` (with STARTTLS where offered) or `smtps://`."""

    def __init__(self, url: str, sender: str) -> None:
        """Send through the server at `url`, from `sender`."""
        self._parts = urlsplit(url)
        self._sender = sender

    async def check(self) -> None:
        """A server is set; whether it takes the mail is seen when it is sent."""

    async def send(self, mail: Mail) -> None:
        """Send a mail.

        Raises:
            MailError: the server did not take it.
        """
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate(usegmt=True)
        domain = self._sender.rpartition("@")[2].strip("<> ")
        message["Message-ID"] = make_msgid(domain=domain or None)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        parts = self._parts
        encrypted = parts.scheme == "smtps"
        try:
            await aiosmtplib.send(
                message,
                hostname=parts.hostname,
                port=parts.port or (465 if encrypted else 587),
                username=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                use_tls=encrypted,
                timeout=_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            log.exception("mail did not go out", subject=mail.subject)
            sentence = "The mail could not be sent just now. Please try again in a few minutes."
            raise MailError(sentence) from error


def mailer_of(settings: Settings) -> Mailer:
    """Return what sends mail with these settings."""
    if settings.smtp_url is not None:
        return SmtpMailer(settings.smtp_url, settings.mail_from)
    return NoMailer() if settings.environment == "production" else TerminalMailer()
