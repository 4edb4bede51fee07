# Dockerfile - the rentcache and rentcast-simulator programs, built and run on Debian 12, as a user without rights.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/install-packages.sh scripts/
RUN scripts/install-packages.sh run
COPY . .
RUN scripts/build.sh release

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl libcivetweb1 libcurl4 libcyaml1 libjansson4 \
       libmsgpackc2 libsqlite3-0 libssl3 libyaml-0-2 libzmq5 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home rentcache
COPY --from=build /src/build/bin/rentcache /src/build/bin/rentcast-simulator /usr/local/bin/
USER rentcache
ENV DATA_DIR=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["rentcache"]
CMD ["server"]
