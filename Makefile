# One target per question; `make help` prints them.

FUZZTIME ?= 10s
SOAKTIME ?= 10m
RUN ?= .

# An account without a home of its own (nobody) has no place for Go's caches.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export HOME := $(or $(TMPDIR),/tmp)/director-home-$(shell id -u)
endif
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin
export GOFLAGS ?= -buildvcs=false

# What root can have must be there; for others such tests skip with the reason.
ifeq ($(shell id -u),0)
export DIRECTOR_REQUIRE ?= netns,keepalived
endif

.PHONY: help build test lint integration demo fuzz bench soak setup

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

build: ## build ./bin/director
	CGO_ENABLED=0 go build -o bin/director ./cmd/director

test: setup ## does the code do what it says? vet, all tests, IPVS conformance on a real kernel
	go vet ./...
	go test ./...
	go run ./integration/cmd/guest -require ipvs,netns -test ./ipvs

lint: ## is the code in order? gofmt, vet, staticcheck, go.mod, dependencies between packages
	scripts/lint

integration: setup ## does it hold on real networks and kernels? RUN=regexp chooses
	go run ./integration/cmd/integrate -run '$(value RUN)'

demo: setup ## what does it do? examples/lvs-dr, a cluster of five machines, in two minutes
	go run ./integration/cmd/demo

fuzz: ## do codecs and config survive any input? FUZZTIME=60s for each target
	scripts/fuzz $(FUZZTIME)

bench: setup ## how does it do beside keepalived and ipvsadm? ratios, one table; RUN=regexp chooses
	go run ./integration/cmd/bench -run '$(value RUN)'

soak: setup ## does it hold for SOAKTIME=10m? ten million steps of TestRandom, then the integration tests again and again
	go test ./vrrp -count=1 -timeout 1h -run '$(if $(filter .,$(RUN)),^TestRandom,$(RUN))' -random.steps=10000000
	go run ./integration/cmd/integrate -run '$(value RUN)' -for $(SOAKTIME)

setup:
	@scripts/setup
