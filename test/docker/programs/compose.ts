/** A program for tests: a Compose project, in the folder that `checkout` names, as Docker resources. */
import * as pulumi from "@pulumi/pulumi";
import { ComposeResources } from "../../../components/composeResources.ts";
import { askCompose } from "../../../config/composeProject.ts";

const project = await askCompose(new pulumi.Config().require("checkout"), {});
new ComposeResources("compose", { project, values: {}, owner: "test", gateway: undefined, keepsVolumes: false });
