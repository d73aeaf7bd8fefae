# Three stages: the GraphiQL page from npm, the environment from hash-pinned wheels, and a small image that runs as nobody.
FROM node:22-slim AS page
WORKDIR /src
COPY assets/ assets/
COPY scripts/build_assets.py scripts/build_assets.py
RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
RUN python3 scripts/build_assets.py

FROM python:3.13-slim AS environment
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/circuit
COPY requirements/server.txt /src/requirements/server.txt
RUN /opt/circuit/bin/pip install --require-hashes -r /src/requirements/server.txt
WORKDIR /src
COPY . .
COPY --from=page /src/gateway/static/graphiql/ gateway/static/graphiql/
RUN /opt/circuit/bin/pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Circuit Court" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin circuit && install -d -o circuit /data
COPY --from=environment /opt/circuit /opt/circuit
ENV PATH=/opt/circuit/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CIRCUIT_DATA_DIR=/data CIRCUIT_HOST=0.0.0.0 CIRCUIT_PORT=8000 CIRCUIT_LOG__FORMAT=json
USER circuit
WORKDIR /data
# The root file system may be read-only: everything the hub writes is under /data.
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["circuit"]
CMD ["serve"]
