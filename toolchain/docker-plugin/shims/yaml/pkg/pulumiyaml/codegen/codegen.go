// Package codegen stands in for Pulumi's generator of YAML programs. Pulumi's generator of schemas refers to it for the
// examples in other languages; this plugin's schema has none.
package codegen

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
)

// GenerateProgram generates nothing.
func GenerateProgram(*pcl.Program) (map[string][]byte, hcl.Diagnostics, error) {
	return nil, nil, nil
}
