# docker build -t soundings . && docker run --read-only -v soundings:/data -p 8080:8080 soundings
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin soundings

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /data soundings && install -d -o soundings /data
COPY --from=build /src/target/release/soundings /usr/local/bin/soundings
USER soundings
VOLUME /data
EXPOSE 8080
ENV SOUNDINGS_LOG=json
# SQLite sorts large queries in memory; nothing is written outside of /data.
ENTRYPOINT ["soundings"]
CMD ["serve", "--bind", "0.0.0.0:8080", "--data-dir", "/data"]
