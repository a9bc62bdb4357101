import { describeDevelopment } from "./development.ts";

describeDevelopment({
    application: "mitxonline",
    checkout: "mitxonline",
    adminUrl: "http://mitxonline.odl.local:8013",
    port: 8013,
    services: ["celery", "db", "nginx", "redis", "refine", "varnish", "watch", "web"],
    from: "configuration",
    undoneBy: "compose",
    userMade: /^made in \S+\/admin\/, as .* loops without a session; $/,
    config: {},
});
