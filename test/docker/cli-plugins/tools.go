//go:build tools

// Package tools names the modules whose commands are built: Docker Compose and buildx, as plug-ins of the Docker CLI.
package tools

import (
	_ "github.com/docker/buildx/cmd/buildx"
	_ "github.com/docker/compose/v2/cmd"
)
