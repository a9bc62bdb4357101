// Package shim opens the upstream provider, which is internal to its module, by a module path below it.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the upstream provider of a version.
func NewProvider(version string) *schema.Provider {
	return provider.New(version)()
}
