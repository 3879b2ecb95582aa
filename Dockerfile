# syntax=docker/dockerfile:1
# The binary and the certificates it trusts, nothing else: no shell, no package, no root. In a container, name the
# database in DATABASE_URL; there is no private server here.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t sextant:dev .
#   docker run --rm -e DATABASE_URL sextant:dev status
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG COMMIT=
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags timetzdata \
    -ldflags "-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o /out/sextant ./cmd/sextant

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/sextant /usr/local/bin/sextant
USER 65532:65532
EXPOSE 9321
ENTRYPOINT ["/usr/local/bin/sextant"]
CMD ["status"]
