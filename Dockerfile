# One image for every service: `docker run jisr serve intake`, `jisr migrate`, ...
#
# The base is pinned by its full version. To pin the bytes as well, write the digest that
#   docker buildx imagetools inspect python:3.13.14-slim-bookworm --format '{{.Manifest.Digest}}'
# prints after the tag, as in python:3.13.14-slim-bookworm@sha256:..., in both places.

FROM python:3.13.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/jisr
# What it runs on comes first: a change of our own code leaves this layer as it is.
COPY requirements.lock ./
RUN /opt/jisr/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas/ schemas/
COPY services/ services/
RUN /opt/jisr/bin/pip install --no-index --no-deps --no-build-isolation .

FROM python:3.13.14-slim-bookworm
LABEL org.opencontainers.image.title="Jisr" \
      org.opencontainers.image.description="Matchmaking between innovation cities and the members of a cluster" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 jisr \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin jisr
COPY --from=build /opt/jisr /opt/jisr
# Two threads for an embedding: more of them gain little and starve the event loop of its core.
ENV PATH=/opt/jisr/bin:$PATH \
    HOME=/tmp \
    OMP_NUM_THREADS=2 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    JISR_HOST=0.0.0.0
WORKDIR /app
USER 10001:10001
EXPOSE 8080 8081 8082
# No HEALTHCHECK: each service has its own port; docker-compose.yml and orchestrators ask /readyz.
ENTRYPOINT ["jisr"]
CMD ["--help"]
