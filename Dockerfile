# livemon in a container: docs/containers.md. Three stages, so that compilers and Node.js are not in the image that runs.
FROM node:20-bookworm-slim AS player
WORKDIR /build/livemon/web/js
COPY livemon/web/js/package.json livemon/web/js/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY livemon/web /build/livemon/web
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
RUN python -m venv /opt/livemon
COPY pyproject.toml constraints.txt ./
# The versions of constraints.txt; a change of the code alone does not install them again.
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print('\n'.join(p['dependencies'] + p['optional-dependencies']['postgres']))" > requirements.txt \
    && /opt/livemon/bin/pip install --no-cache-dir --requirement requirements.txt --constraint constraints.txt
COPY . .
COPY --from=player /build/livemon/web/pages/parts/static livemon/web/pages/parts/static
# The tools of the site stay in this stage.
RUN python -m venv --system-site-packages /opt/docs \
    && /opt/docs/bin/pip install --no-cache-dir --constraint constraints.txt mkdocs mkdocs-material "mkdocstrings[python]" \
    && PYTHONPATH=/opt/livemon/lib/python3.11/site-packages /opt/docs/bin/python -m mkdocs build --strict \
    && /opt/livemon/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
# ffmpeg; Pango and a Korean font for PDF; util-linux limits each ffmpeg.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg fontconfig fonts-nanum libharfbuzz-subset0 libpango-1.0-0 \
        libpangoft2-1.0-0 util-linux \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin livemon \
    && install -d -o livemon -g livemon -m 0700 /data
COPY --from=packages /opt/livemon /opt/livemon
# Only /data and /tmp are written: the root may be read-only. Reachable from outside, so a login is required.
ENV PATH=/opt/livemon/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    LIVEMON_ADDRESS=0.0.0.0 \
    LIVEMON_ACCESS__LOGIN=password \
    LIVEMON_DATA_DIR=/data/footage
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/api/live-monitoring/healthz', timeout=4)"]
ENTRYPOINT ["livemon"]
CMD ["serve"]
