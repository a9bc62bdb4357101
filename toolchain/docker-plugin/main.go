// The plug-in of Pulumi's package docker, without docker.Image: the upstream provider behind Pulumi's bridge.
package main

import (
	"encoding/json"
	"io"
	"log"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// version is that of the npm package @pulumi/docker, set by the linker.
var version = "0.0.0"

type fields = map[string]*tfbridge.SchemaInfo

func main() {
	provider := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(shim.NewProvider(version)),
		Name:    "docker",
		Version: version,
		Config: fields{
			"host":          {Default: &tfbridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}}},
			"registry_auth": {Name: "registryAuth"},
		},
		// What the bridge would name or do in another way than the published plug-in.
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_config": {Tok: "docker:index/serviceConfig:ServiceConfig"},
			"docker_container": {
				Tok:                 "docker:index/container:Container",
				DeleteBeforeReplace: true,
				Fields:              fields{"command": {Name: "command"}, "networks_advanced": {Name: "networksAdvanced"}},
			},
			"docker_image": {Tok: "docker:index/remoteImage:RemoteImage", Fields: fields{"name": {Name: "name"}}},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image": {Tok: "docker:index/getRemoteImage:getRemoteImage"},
		},
	}
	provider.MustComputeTokens(tokens.SingleModule("docker_", "index", tokens.MakeStandard("docker")))
	provider.SetAutonaming(255, "-")
	tfbridge.Main(provider.Name, version, provider, schema(provider))
}

// schema tells all that the plug-in offers, as Pulumi's generator of packages does; this takes a few milliseconds.
func schema(provider tfbridge.ProviderInfo) []byte {
	generated, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    provider,
		DiagnosticsSink: diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never}),
		XInMemoryDocs:   true,
	})
	if err != nil {
		log.Fatal(err)
	}
	encoded, err := json.Marshal(generated.PackageSpec)
	if err != nil {
		log.Fatal(err)
	}
	return encoded
}
