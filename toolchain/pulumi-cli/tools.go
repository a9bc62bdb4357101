//go:build tools

// Package tools names the command that the setup builds from here, so that go.mod lists it.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
