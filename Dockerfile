# Dockerfile - the rentcache and rentcast-simulator programs, built and run on Debian 12, as a user without rights.
#
# No secret is an argument or a layer of the image: keys come at run time, as variables or as files that *_FILE names.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/install-packages.sh scripts/
RUN scripts/install-packages.sh run
COPY . .
RUN scripts/build.sh release

FROM debian:bookworm-slim
# What ldd names of the two programs, certificates for the paid API, and curl for health checks.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl libcivetweb1 libcurl4 libhiredis0.14 libjansson4 \
       libsqlite3-0 libssl3 libyaml-0-2 libzmq5 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 rentcache \
    && useradd --uid 10001 --gid rentcache --home-dir /data --no-create-home --shell /usr/sbin/nologin rentcache \
    && install -d -o rentcache -g rentcache -m 700 /data
COPY --from=build /src/build/bin/rentcache /src/build/bin/rentcast-simulator /usr/local/bin/
USER 10001:10001
WORKDIR /data
ENV DATA_DIR=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of a server that runs as one process. A container with one actor has a check of its own: see docker-compose.yml.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD curl -fsS "http://127.0.0.1:${PORT:-8000}/readyz" || exit 1
ENTRYPOINT ["rentcache"]
CMD ["server"]
