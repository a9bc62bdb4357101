import { describeDevelopment } from "./development.ts";

describeDevelopment({
    application: "xpro",
    checkout: "mitxpro",
    adminUrl: "http://xpro.odl.local:8053",
    port: 8053,
    services: ["celery", "db", "nginx", "redis", "watch", "web"],
    from: "launched",
    undoneBy: "docker",
    userMade: /^made in \S+\/admin\/, as .*; in the container of web \(project mitxpro\)$/,
    config: { lmsPackages: "container", clientSecretIn: "settings" },
});
