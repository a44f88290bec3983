# xespeech serve in a container: slim, not root, and content with a read-only file system (see deploy/compose.yaml).
#
#   docker build -t xespeech .
#   docker run --rm -p 127.0.0.1:8000:8000 --read-only --tmpfs /tmp xespeech
FROM python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea AS install
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# What to install; serve is the HTTP API alone.
ARG EXTRAS=serve,ui,formats
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY locks ./locks
RUN python -m venv /opt/xespeech
# All of it by hash; other extras than the usual by version.
RUN if [ "$EXTRAS" = "serve,ui,formats" ]; then /opt/xespeech/bin/pip install --no-deps --require-hashes -r locks/serve.txt; fi
COPY src ./src
RUN /opt/xespeech/bin/pip install --constraint constraints.txt ".[$EXTRAS]"

FROM python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin xespeech \
    && install --directory --owner xespeech /voices
COPY --from=install /opt/xespeech /opt/xespeech
ENV PATH=/opt/xespeech/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=/tmp/matplotlib
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["xespeech"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--ui"]
