/** `npm run check`: types, lint and format, side by side. Prints what each of them finds, one after another. */
import { execa } from "execa";

/** ESLint gets no cache: its rules know types, so another file can change what it finds in one. */
const checks = [
    "tsc --incremental --tsBuildInfoFile .toolchain/check/types",
    "eslint --max-warnings 0 .",
    "prettier --check --log-level warn --cache --cache-strategy content --cache-location .toolchain/check/format .",
];

const runs = checks.map((check) => {
    const [command = "", ...args] = check.split(" ");
    return execa(command, args, { preferLocal: true, all: true, reject: false });
});
for (const run of runs) {
    const { failed, all, message } = await run;
    if (failed) {
        console.error(all || message);
        process.exitCode = 1;
    }
}
