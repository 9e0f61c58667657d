# One image for web, events and worker; docker-compose.yml says which of them a container is.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.lock .
RUN .venv/bin/pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE manage.py gunicorn.conf.py ./
COPY workbench workbench
COPY annotations annotations
COPY fixtures fixtures
RUN .venv/bin/pip install --no-deps --no-build-isolation --editable .
# The key of this one command is thrown away; the image holds none.
RUN WORKBENCH_MODE=production ALLOWED_HOSTS=localhost WORKBENCH_VAR_DIR=/tmp/var \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    .venv/bin/workbench collectstatic --no-input

FROM python:3.13-slim
ENV PATH=/app/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    WORKBENCH_MODE=production WORKBENCH_VAR_DIR=/data WORKBENCH_MEDIA_ROOT=/data/media PORT=8000
RUN useradd --system --uid 10001 --create-home --home-dir /home/workbench workbench \
    && install --directory --owner workbench --mode 0750 /data /data/media
COPY --from=build /app /app
WORKDIR /app
USER workbench
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["python", "-m", "workbench.health"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "workbench.wsgi:application"]
