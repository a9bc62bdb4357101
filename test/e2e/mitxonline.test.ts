import { describeIntegration } from "./integration.ts";

describeIntegration({
    application: "mitxonline",
    server: "mitxonline",
    openEdxName: "mitxonline-oauth-app",
    other: "xpro",
    wholeLife: true,
});
