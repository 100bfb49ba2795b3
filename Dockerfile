# The image of one function: its static binary and the certificate authorities, nothing else.
#
#   docker build --build-arg FUNCTION=image-processor .
#
# Without a Docker daemon, `make image-<function>` builds the last stage alone and gives it a folder of
# this machine in the place of the stage `build` (scripts/images/build.sh).

FROM docker.io/library/rust:1.95.0-slim-bookworm AS rust
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Debian keeps one version of a package: to pin one would break the build with its next update.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates g++ libssl-dev make pkg-config \
    && rm -rf /var/lib/apt/lists/*
RUN cargo install --locked cargo-auditable@0.7.7 cargo-chef@0.1.78
WORKDIR /darkroom

# What the dependencies are, and nothing of our own code: the next stage is cached by it.
FROM rust AS dependencies
COPY . .
RUN cargo chef prepare --recipe-path /recipe.json

FROM rust AS build
ARG FUNCTION
COPY scripts/images/cargo.sh scripts/images/
COPY --from=dependencies /recipe.json /
RUN scripts/images/cargo.sh chef cook --recipe-path /recipe.json --package "$FUNCTION"
COPY . .
RUN scripts/images/cargo.sh auditable build --package "$FUNCTION" --bin "$FUNCTION" \
    && scripts/images/root.sh "target/x86_64-unknown-linux-gnu/release/$FUNCTION" /image

FROM scratch
ARG FUNCTION
ARG CREATED
ARG REVISION
ARG SOURCE
ARG VERSION
LABEL org.opencontainers.image.created=$CREATED \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.source=$SOURCE \
      org.opencontainers.image.title=$FUNCTION \
      org.opencontainers.image.version=$VERSION
COPY --from=build /image /
# For OpenSSL, which Kafka's client uses: linked statically, it looks where no Debian is.
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# A number, for Kubernetes and others that must know it is not root without a list of users.
USER 65532:65532
ENTRYPOINT ["/function"]
