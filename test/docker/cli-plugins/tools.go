//go:build tools

// Package tools names the modules whose commands are built: Docker Compose and buildx, as plugins of the Docker CLI.
package tools

import (
	_ "github.com/docker/buildx/cmd/buildx"
	_ "github.com/docker/compose/v2/cmd"
)
