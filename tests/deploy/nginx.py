"""The nginx configuration of `deploy/`, filled in for a real nginx on loopback."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infrastructure.settings import ROOT

TEMPLATE = ROOT / "deploy" / "nginx" / "blog.conf.template"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HOST = "coop.example"


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for the site, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "site.pem", folder / "site.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def configure(folder: Path, upstream: int, http: int, https: int, extra: str = "") -> Path:
    """Fill in the template as `envsubst` would, and wrap it in a whole configuration.

    Args:
        folder: for everything that nginx writes.
        upstream: the app's port.
        http: the port of plain HTTP.
        https: the port of TLS.
        extra: more servers, beside the template's.
    """
    certificate, key = _certificate(folder)
    values = {
        "BLOG_UPSTREAM": f"127.0.0.1:{upstream}",
        "BLOG_CACHE_FOLDER": str(folder / "cache"),
        "BLOG_HTTP_LISTEN": f"127.0.0.1:{http}",
        "BLOG_HTTPS_LISTEN": f"127.0.0.1:{https}",
        "BLOG_SERVER_NAME": HOST,
        "BLOG_CERTIFICATE": str(certificate),
        "BLOG_CERTIFICATE_KEY": str(key),
    }
    site = re.sub(r"\$\{(\w+)\}", lambda it: values[it[1]], TEMPLATE.read_text())
    (folder / "blog.conf").write_text(site)
    (folder / "cache").mkdir()
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr warn;\n"
        "events { worker_connections 256; }\n"
        f"http {{ access_log off; include {folder}/blog.conf; {extra}"
        f" client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;"
        f" fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;"
        f" scgi_temp_path {folder}/s; }}\n"
    )
    return whole
