import { describe, expect, test } from "@jest/globals";
import { UnreachableError } from "../../dynamic-providers/errors.ts";
import { causes, stepOf } from "../../verify/causes.ts";
import { type Check, found, isHealthy, passed, runChecks, skipped, verdict } from "../../verify/check.ts";
import { differences } from "../../verify/answers.ts";
import { answerFinding } from "../../verify/checks/containers.ts";
import { environmentOutcome } from "../../verify/checks/environment.ts";
import { clockFinding } from "../../verify/checks/reachability.ts";
import { diagnose, diagnoseFor, diagnoseGateway } from "../../verify/diagnose.ts";
import { findingsText } from "../../verify/table.ts";
import type { Side } from "../../verify/target.ts";

function check(name: string, run: Check["run"], more: Partial<Check> = {}): Check {
    return { name, title: name, run, ...more };
}

const passes = (note?: string) => () => Promise.resolve(passed(note));

describe("checks", () => {
    test("that follow from a failed one are not run, and name the first that failed", async () => {
        const results = await runChecks([
            check("server", () => Promise.resolve(found("lms-down", "nothing there"))),
            check("account", () => Promise.reject(new Error("is not run")), { needs: ["server"] }),
            check("row", () => Promise.reject(new Error("is not run")), { needs: ["account"] }),
            check("other", passes()),
        ]);

        expect(results.map(({ state, follows }) => [state, follows])).toEqual([
            ["failed", undefined],
            ["follows", "server"],
            ["follows", "server"],
            ["passed", undefined],
        ]);
        expect(isHealthy(results)).toBe(false);
    });

    test("run in parallel, and wait only for those that they need", async () => {
        const order: string[] = [];
        let release: () => void = () => undefined;
        const slow = new Promise<void>((settle) => (release = settle));
        await runChecks(
            [
                check("slow", () => slow.then(() => passed())),
                check("quick", passes()),
                check(
                    "after quick",
                    () => {
                        release();
                        return Promise.resolve(passed());
                    },
                    { needs: ["quick"] },
                ),
            ],
            ({ name }) => order.push(name),
        );

        expect(order).toEqual(["quick", "after quick", "slow"]);
    });

    test("that come after others run once those are done, whatever they found", async () => {
        const order: string[] = [];
        const results = await runChecks(
            [
                check("sign-up", () => Promise.resolve(found("lms-down", "nothing there"))),
                check("dashboard", passes(), { needs: ["sign-up"] }),
                check("removed", passes(), { after: ["sign-up", "dashboard"] }),
            ],
            ({ name }) => order.push(name),
        );

        expect(order).toEqual(["sign-up", "dashboard", "removed"]);
        expect(results.map(({ state }) => state)).toEqual(["failed", "follows", "passed"]);
    });

    test("that only warn leave the integration healthy, and hold nothing up", async () => {
        const results = await runChecks([
            check("names", () => Promise.resolve(found("name-unknown-to-browser", "xpro.odl.local"))),
            check("sign-in", passes(), { needs: ["names"] }),
        ]);

        expect(results.map(({ state }) => state)).toEqual(["warning", "passed"]);
        expect(isHealthy(results)).toBe(true);
    });

    test("that could not look are skipped: they report nothing wrong with the integration, and hold nothing up", async () => {
        const results = await runChecks([
            check("container", () => Promise.resolve(skipped("no container here"))),
            check("sign-in", passes(), { needs: ["container"] }),
        ]);

        expect(results.map(({ state, note }) => [state, note])).toEqual([
            ["skipped", "no container here"],
            ["passed", undefined],
        ]);
        expect(isHealthy(results)).toBe(true);
    });

    test("without an answer report what that means for them, unless the words are more specific", async () => {
        const silent = (words: string) => () => Promise.reject(new UnreachableError(words, false));
        const results = await runChecks([
            check("down", silent("no answer (ECONNREFUSED)"), { unreachable: "keycloak-down" }),
            check("nameless", silent("no answer (ENOTFOUND)"), { unreachable: "keycloak-down" }),
            check("else", silent("no answer")),
        ]);

        expect(results.map(({ findings }) => findings[0]?.cause)).toEqual([
            "keycloak-down",
            "name-unknown",
            "unexpected-answer",
        ]);
    });
});

test("the verdict says whether the integration works, and counts what is not simply fine", async () => {
    const works = [
        check("names", () => Promise.resolve(found("name-unknown-to-browser", "xpro.odl.local"))),
        check("container", () => Promise.resolve(skipped("no container here"))),
    ];
    const broken = [
        check("server", () => Promise.resolve(found("lms-down", "nothing there"))),
        check("account", passes(), { needs: ["server"] }),
    ];

    const fine = [check("lms", passes()), check("application", passes())];
    expect(verdict(await runChecks(fine))).toBe("The integration works: 2 checks.");
    expect(verdict(await runChecks(works))).toBe("The integration works: 2 checks, 1 with a warning, 1 skipped.");
    expect(verdict(await runChecks([...broken, ...works]))).toBe(
        "The integration is broken: 4 checks, 1 failed, 1 not run because of that, 1 with a warning, 1 skipped.",
    );
});

describe("diagnosis", () => {
    test.each([
        ["Exception: Can't fetch setting of a disabled backend/provider.", "provider-disabled"],
        ["TypeError: Cannot mix str and non-str arguments", "provider-addresses"],
        ["Not found (404) Backend not found", "plugin-not-live"],
        ["Connection error: HTTPConnectionPool(host='172.30.13.1', port=8013)", "application-unreachable-from-lms"],
        ["Wrong state parameter given.", "state-lost"],
        ["Authentication process canceled", "state-lost"],
        ['{"error":"User has no edx_username."}', "no-edx-username"],
        ["409 Client Error: Conflict for url: http://172.30.13.1:8013/api/v0/userinfo/", "no-edx-username"],
        ["409 Client Error: Conflict for url: http://lms:8000/user_api/v1/account/registration/", "account-taken"],
        [
            "ImproperlyConfigured: The following settings are missing: OPENEDX_API_CLIENT_ID",
            "application-lacks-settings",
        ],
        ["Origin checking failed - http://mitxonline.odl.local:8013 does not match", "origin-refused"],
        ['{"error_code": "user_not_active"}', "worker-inactive"],
        ['{"error": "invalid_client"}', "client-secret"],
        ['http://lms is blocking sign-ins of "edx" for now: Too many failed login attempts.', "too-many-sign-ins"],
        ["It works!", undefined],
    ])("of %j is %s", (words, cause) => {
        expect(diagnose(words)).toBe(cause);
    });

    test("of a server's failed connection says in which direction, by the address that it tried", () => {
        const side = (url: string, gateway: string) => ({ url, gateway }) as Side;
        const servers = {
            openEdx: side("http://local.openedx.io:8000", "172.30.80.1"),
            application: side("http://xpro.odl.local:8053", "172.30.53.1"),
        };
        const of = (host: string, port: number) =>
            diagnoseFor(
                `HTTPConnectionPool(host='${host}', port=${port})`,
                servers,
                "application-unreachable-from-lms",
            );

        expect(of("local.openedx.io", 8000)).toBe("lms-unreachable-from-application");
        expect(of("172.30.53.1", 8053)).toBe("application-unreachable-from-lms");
        expect(of("172.18.0.1", 8000)).toBe("application-unreachable-from-lms");
        expect(diagnoseFor("Backend not found", servers, "application-unreachable-from-lms")).toBe("plugin-not-live");
    });

    test("distinguishes a port on 127.0.0.1 from an address that no network has any more", () => {
        expect(diagnoseGateway("ECONNREFUSED", true)).toBe("port-on-loopback-only");
        expect(diagnoseGateway("ECONNREFUSED", false)).toBe("stale-gateway");
        expect(diagnoseGateway("EHOSTUNREACH", false)).toBe("stale-gateway");
    });

    test("of a clock allows a minute", () => {
        const now = Date.parse("2026-01-01T12:00:00Z");
        expect(clockFinding("http://lms", "Thu, 01 Jan 2026 12:00:50 GMT", now)).toEqual([]);
        expect(clockFinding("http://lms", "Thu, 01 Jan 2026 11:00:00 GMT", now)).toEqual([
            { cause: "wrong-clock", evidence: "the clock of http://lms is 3600 s behind this machine's" },
        ]);
    });

    test("of an answer in a container distinguishes what is missing from what only refuses", () => {
        const of = (answer: { status?: number; words: string }) =>
            answerFinding("http://gateway/x", answer, "the container of lms", "application-unreachable-from-lms");
        expect(of({ status: 405, words: "" })).toEqual([]);
        expect(of({ words: "gaierror: [Errno -2] Name or service not known" })).toEqual([
            {
                cause: "name-unknown-in-container",
                evidence:
                    "GET http://gateway/x in the container of lms: gaierror: [Errno -2] Name or service not known",
            },
        ]);
        expect(of({ words: "ConnectionRefusedError: [Errno 111]" })[0]?.cause).toBe("application-unreachable-from-lms");
        expect(of({ status: 404, words: "<p>It works!</p>" })[0]?.cause).toBe("other-server");
        expect(of({ status: 500, words: "The following settings are missing: X" })[0]?.cause).toBe(
            "application-lacks-settings",
        );
        expect(of({ status: 502, words: "" })[0]?.cause).toBe("unexpected-answer");
    });

    test("of .env names variables, never values", () => {
        const wanted = { OPENEDX_API_CLIENT_SECRET: "right-secret", OPENEDX_IP: "172.30.80.1" };
        expect(environmentOutcome(".env", { ...wanted, OPENEDX_API_CLIENT_SECRET: "wrong-secret" }, wanted)).toEqual({
            findings: [{ cause: "env-differs", evidence: ".env: OPENEDX_API_CLIENT_SECRET" }],
        });
        expect(environmentOutcome(".env", {}, wanted).findings).toEqual([
            { cause: "env-block-missing", evidence: ".env" },
        ]);
    });

    test("of addresses reports what is missing and what differs", () => {
        expect(differences({ API_ROOT: "http://old/" }, { API_ROOT: "http://new/", DISCOVERY_URL: "http://d/" })).toBe(
            'API_ROOT is "http://old/", not "http://new/"; DISCOVERY_URL is missing, not "http://d/"',
        );
    });
});

test("every cause is a text that a reader can act on, with complete commands", () => {
    const steps = Object.fromEntries(Object.keys(causes).map((cause) => [cause, stepOf(cause as keyof typeof causes)]));
    const bad = Object.entries(steps).filter(([, step]) => /[{}]/.test(step) || !/[.?]$/.test(step));
    expect(bad).toEqual([]);
});

test("a finding is reported with evidence, cause and next step", async () => {
    const [result] = await runChecks([
        check("lms", () => Promise.resolve(found("lms-down", "GET http://lms: no answer"))),
    ]);
    expect(findingsText(result ? [result] : [])).toBe(
        [
            "Open edX does not answer",
            "  Seen: GET http://lms: no answer",
            `  Why:  ${causes["lms-down"].why.replaceAll("`", "")}`,
            `  Next: ${stepOf("lms-down").replaceAll("`", "")}`,
        ].join("\n"),
    );
});
