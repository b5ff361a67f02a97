# The app as a container: `docker build -t blog-app .`, then run it with DATABASE_URL, SECRET_KEY and
# SITE_URL set (docs/operations has the rest). Everything that it runs is run by the tests as well:
# tests/test_container.py.

FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
COPY requirements.lock .
RUN python -m venv /app/.venv \
 && /app/.venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes -r requirements.lock

FROM python:3.11-slim-bookworm
# A user with a name: PostgreSQL, embedded, runs neither as root nor under a number alone.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin blog
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY . .
RUN mkdir var && chown blog var
USER blog
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    PORT=8000
VOLUME /app/var
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=90s --retries=3 \
    CMD ["python", "-m", "infrastructure.health_check"]
ENTRYPOINT ["/app/entrypoint.sh"]
