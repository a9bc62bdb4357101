/** A program for tests: the Compose project in the folder that `checkout` names, as Docker resources. */
import * as pulumi from "@pulumi/pulumi";
import { ComposeResources } from "../../../components/composeResources.ts";
import { findVolumes } from "../../../dynamic-providers/docker/anonymousVolumes.ts";
import { detectComposeProject } from "../../../preflight/composeProject.ts";

const project = await detectComposeProject(new pulumi.Config().require("checkout"), {});
const existing = await findVolumes(project.name);
new ComposeResources("compose", {
    project,
    values: {},
    owner: "test",
    gateway: undefined,
    existing,
    keepsVolumes: false,
});
