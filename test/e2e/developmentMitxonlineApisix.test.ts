import { describeDevelopment } from "./development.ts";

describeDevelopment({
    application: "mitxonline-apisix",
    checkout: "mitxonline",
    adminUrl: "http://mitxonline.odl.local:8013",
    port: 9080,
    services: ["api", "celery", "db", "keycloak", "nginx", "redis", "refine", "varnish", "watch", "web"],
    from: "configuration",
    userMade: /^made in Keycloak, realm ol-local of http\S+; $/,
    config: { keepVolumes: "false" },
});
