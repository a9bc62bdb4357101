//go:build tools

// Package tools names the module whose command is built: Docker Compose as a plug-in of the Docker CLI.
package tools

import _ "github.com/docker/compose/v2/cmd"
