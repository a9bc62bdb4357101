import { describeIntegration } from "./integration.ts";

describeIntegration({
    application: "xpro",
    server: "xpro",
    openEdxName: "xpro-oauth-app",
    other: "mitxonline",
    wholeLife: false,
});
