import { describeIntegration } from "./integration.ts";

describeIntegration({
    application: "mitxonline-apisix",
    server: "mitxonline",
    openEdxName: "mitxonline-oauth-app",
    other: "mitxonline",
    wholeLife: false,
});
